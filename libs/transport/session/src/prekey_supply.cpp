#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connection.hpp"
#include "device_keys.hpp"
#include "flows.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/prekeys.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "linekeeper/signal/workspace.hpp"
#include "prekey_range.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

constexpr unsigned kUploadTries = 3;

/// All blocks that hold these ids.
std::vector<std::string> fields_of(std::uint32_t first, std::size_t n) {
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < n; ++i) {
    auto field = signal::prekey_field(signal::prekey_id_after(first, i));
    if (fields.empty() || fields.back() != field) fields.push_back(std::move(field));
  }
  return fields;
}

/// Keys to upload: those made earlier and never confirmed, else new ones, stored before they are returned.
/// Needs the state lock. Nothing: the line ended.
asio::awaitable<std::optional<std::vector<message::PublicPreKey>>> keys_to_upload(Connection& line, std::size_t wanted,
                                                                                  PrekeyRange& range) {
  std::vector<std::string> first_fields{std::string(kPrekeysField)};
  auto found = co_await line.fetch(std::move(first_fields));
  if (!found) co_return std::nullopt;
  DeviceCredentials credentials = line.credentials();
  range = PrekeyRange::unconfirmed(*found, credentials.next_prekey_id);

  std::vector<message::PublicPreKey> keys;
  signal::Workspace workspace({credentials.identity, credentials.registration_id});
  if (range.count > 0) {
    range.count = std::min(range.count, wanted);
    auto fields = fields_of(range.first, range.count);
    auto blocks = co_await line.fetch(fields);
    if (!blocks) co_return std::nullopt;
    workspace.load(fields, *blocks);
    for (std::size_t i = 0; i < range.count; ++i) {
      const auto id = signal::prekey_id_after(range.first, i);
      const auto key = workspace.prekey(id);
      if (key && *key) keys.push_back({id, (*key)->pub});
    }
    if (!keys.empty()) co_return keys;
  }

  range = {credentials.next_prekey_id, wanted};
  auto fields = fields_of(range.first, range.count);
  auto blocks = co_await line.fetch(fields);
  if (!blocks) co_return std::nullopt;
  workspace.load(fields, *blocks);
  keys.reserve(wanted);
  for (std::size_t made = 0; made < wanted && !line.ended();) {
    const std::size_t slice = std::min(line.settings().bounds.prekey_slice, wanted - made);
    const auto fresh = signal::generate_prekeys(signal::prekey_id_after(range.first, made), slice);
    if (!workspace.add_prekeys(fresh)) co_return std::nullopt;
    for (const auto& key : fresh)
      keys.push_back({key.id, key.keys.pub});
    made += slice;
    // The other lines of this thread get their turn.
    const auto& executor = line.executor();
    co_await asio::post(executor, asio::use_awaitable);
  }
  if (line.ended()) co_return std::nullopt;
  credentials.next_prekey_id = signal::prekey_id_after(range.first, wanted);
  Changes changes = workspace.take_changes();
  changes.push_back({std::string(kCredentialsField), serialize(credentials)});
  changes.push_back({std::string(kPrekeysField), PrekeyRange::write_confirmed(range.first)});
  auto stored = co_await line.commit(std::move(changes));
  if (!stored) co_return std::nullopt;
  line.set_credentials(std::move(credentials));
  co_return keys;
}

asio::awaitable<void> confirm(Connection& line, PrekeyRange range) {
  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  Changes changes;
  changes.push_back(
      {std::string(kPrekeysField), PrekeyRange::write_confirmed(signal::prekey_id_after(range.first, range.count))});
  if (!line.credentials().prekeys_uploaded) {
    DeviceCredentials credentials = line.credentials();
    credentials.prekeys_uploaded = true;
    changes.push_back({std::string(kCredentialsField), serialize(credentials)});
    auto stored = co_await line.commit(std::move(changes));
    if (stored) line.set_credentials(std::move(credentials));
    co_return;
  }
  auto stored = co_await line.commit(std::move(changes));
  (void)stored;
}

asio::awaitable<void> top_up(Connection& line, std::size_t wanted) {
  PrekeyRange range;
  std::optional<std::vector<message::PublicPreKey>> keys;
  {
    auto guard = co_await line.lock_state();
    if (!guard) co_return;
    keys = co_await keys_to_upload(line, wanted, range);
  }
  if (!keys) co_return;
  const message::DeviceKeys device = own_device_keys(line.credentials());
  for (unsigned attempt = 0; attempt < kUploadTries && !line.ended(); ++attempt) {
    Node request = message::upload_request(line.next_id(), device, *keys);
    auto answer = co_await line.ask(std::move(request));
    if (!answer) continue;
    if (is_result(*answer)) {
      co_await confirm(line, range);
      co_return;
    }
    // Refused: the same keys will be refused again now. The next login tries anew.
    co_return;
  }
}

}  // namespace

asio::awaitable<void> refill_prekeys(Connection& line, std::uint64_t known) {
  const auto& bounds = line.settings().bounds;
  if (known >= bounds.low_prekeys || !line.start_topping_up()) co_return;
  const bool first = !line.credentials().prekeys_uploaded || known == 0;
  co_await top_up(line, first ? bounds.first_prekeys : bounds.more_prekeys);
  line.done_topping_up();
}

}  // namespace linekeeper::transport
