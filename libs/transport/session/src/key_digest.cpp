// Whether the server has the keys that we have.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connection.hpp"
#include "device_keys.hpp"
#include "flows.hpp"
#include "linekeeper/message/iq.hpp"
#include "linekeeper/message/prekeys.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "linekeeper/signal/workspace.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

/// More than any client uploads; a list that is longer is not ours.
constexpr std::size_t kMostListed = 4096;

enum class Comparison { same, different, unknown };

/// The listed one-time keys as we have them. Nothing if one is missing; `ended` if the line is over.
asio::awaitable<std::optional<std::vector<message::PublicPreKey>>> keys_listed(Connection& line,
                                                                               std::vector<std::uint32_t> ids,
                                                                               bool& ended) {
  ended = true;
  std::vector<std::string> fields;
  fields.reserve(ids.size());
  for (const auto id : ids)
    fields.push_back(signal::prekey_field(id));
  std::sort(fields.begin(), fields.end());
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  auto blocks = co_await line.fetch(fields);
  if (!blocks) co_return std::nullopt;
  signal::Workspace workspace({line.credentials().identity, line.credentials().registration_id});
  workspace.load(fields, *blocks);
  std::vector<message::PublicPreKey> keys;
  keys.reserve(ids.size());
  for (const auto id : ids) {
    // A public half costs a curve operation: the other lines of this thread get their turn in between.
    if (!keys.empty() && keys.size() % line.settings().bounds.prekey_slice == 0) {
      const auto& executor = line.executor();
      co_await asio::post(executor, asio::use_awaitable);
      if (line.ended()) co_return std::nullopt;
    }
    const auto key = workspace.prekey(id);
    if (!key || !*key) {
      ended = false;
      co_return std::nullopt;
    }
    keys.push_back({id, (*key)->pub});
  }
  ended = false;
  co_return keys;
}

asio::awaitable<Comparison> compare(Connection& line, Node answer) {
  const auto theirs = message::parse_digest(answer);
  // A result without what was asked for is as good as no keys; other forms are not ours to judge.
  if (!theirs) co_return answer.child("digest") == nullptr ? Comparison::different : Comparison::unknown;
  const message::DeviceKeys ours = own_device_keys(line.credentials());
  if (theirs->device.registration_id != ours.registration_id || theirs->device.identity != ours.identity ||
      theirs->device.signed_prekey != ours.signed_prekey || theirs->prekey_ids.size() > kMostListed) {
    co_return Comparison::different;
  }
  bool ended = false;
  const auto keys = co_await keys_listed(line, theirs->prekey_ids, ended);
  if (ended) co_return Comparison::unknown;
  if (!keys) co_return Comparison::different;
  co_return message::digest_of(ours, *keys) == theirs->hash ? Comparison::same : Comparison::different;
}

asio::awaitable<void> note_same(Connection& line) {
  if (line.credentials().prekeys_uploaded) co_return;
  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  DeviceCredentials credentials = line.credentials();
  credentials.prekeys_uploaded = true;
  Changes changes;
  changes.push_back({std::string(kCredentialsField), serialize(credentials)});
  auto stored = co_await line.commit(std::move(changes));
  if (stored) line.set_credentials(std::move(credentials));
}

}  // namespace

asio::awaitable<void> check_digest(Connection& line) {
  Node request = message::digest_request(line.next_id());
  auto answer = co_await line.ask(std::move(request));
  if (!answer || line.ended()) co_return;
  if (!is_result(*answer)) {
    // 404: the server has nothing of us. 406 and 503 say nothing about the keys; the next login asks again if need be.
    const auto error = message::error_in(*answer);
    if (error && error->code == 404) co_await refill_prekeys(line, 0);
    co_return;
  }
  const auto comparison = co_await compare(line, std::move(*answer));
  if (line.ended()) co_return;
  if (comparison == Comparison::same) co_await note_same(line);
  // Whoever starts a session with one of those keys would have to be asked to send again, message for message.
  if (comparison == Comparison::different) co_await refill_prekeys(line, 0);
}

}  // namespace linekeeper::transport
