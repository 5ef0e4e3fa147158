#include "linekeeper/auth/lease_store.hpp"

#include <charconv>

#include "linekeeper/auth/keys.hpp"
#include "linekeeper/base/errc.hpp"
#include "scripts.hpp"

namespace linekeeper::auth {
namespace {

/// "<time> <name>"; nothing if there is no mark or it is not of that form.
std::optional<Wanted> read_mark(const redis::Reply& reply) {
  const auto text = reply.string();
  if (!text) return std::nullopt;
  Wanted wanted;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), wanted.since_us);
  const std::string_view rest = text->substr(static_cast<std::size_t>(end - text->data()));
  if (error != std::errc() || rest.size() < 2 || rest.front() != ' ') return std::nullopt;
  wanted.name = rest.substr(1);
  return wanted;
}

}  // namespace

LeaseStore::LeaseStore(redis::Connection& connection, std::string holder, std::chrono::milliseconds ttl)
    : connection_(connection), holder_(std::move(holder)), ttl_(ttl) {}

awaitable<Result<Acquisition>> LeaseStore::acquire(std::string session, std::uint64_t since_us) {
  std::vector<std::string> keys{key::lease(session), key::line(session), key::sessions(bucket_of(session)),
                                key::wanted(session)};
  std::vector<std::string> args{holder_, std::to_string(ttl_.count()), session, std::to_string(since_us)};
  args.insert(args.end(), head_fields().begin(), head_fields().end());
  auto reply = co_await connection_.eval_now(scripts::acquire(), std::move(keys), std::move(args));
  if (!reply) co_return reply.error();
  if (reply->at(0).string() == "busy") co_return Errc::lease_busy;
  if (reply->at(0).string() == "no_line") co_return Errc::malformed_value;
  const auto token = reply->at(1).integer();
  if (reply->at(0).string() != "ok" || !token) co_return Errc::malformed_value;
  LK_CO_TRY(LineHead head, read_head(reply->at(2)));
  co_return Acquisition{static_cast<FencingToken>(*token), std::move(head)};
}

awaitable<Result<std::vector<RenewalResult>>> LeaseStore::renew(LeaseTable::Renewal renewal, net::Deadline deadline) {
  std::vector<std::string> keys;
  std::vector<std::string> args{std::to_string(ttl_.count())};
  for (const LeaseTable::Held& held : renewal.leases) {
    keys.push_back(key::lease(held.session));
    keys.push_back(key::wanted(held.session));
    args.push_back(std::to_string(held.token));
  }
  auto reply = co_await connection_.eval(scripts::renew(), std::move(keys), std::move(args), deadline);
  if (!reply) co_return reply.error();
  if (!reply->array() || reply->array()->size() != renewal.leases.size()) co_return Errc::malformed_value;
  std::vector<RenewalResult> results;
  for (std::size_t i = 0; i < renewal.leases.size(); ++i) {
    const redis::Reply& answer = reply->at(i);
    results.push_back(
        {renewal.leases[i].session, renewal.leases[i].token, answer.at(0).integer() == 1, read_mark(answer.at(1))});
  }
  co_return results;
}

awaitable<Result<std::optional<Wanted>>> LeaseStore::release(std::string session, FencingToken token) {
  std::vector<std::string> keys{key::lease(session), key::wanted(session)};
  std::vector<std::string> args{std::to_string(token)};
  auto reply = co_await connection_.eval(scripts::release(), std::move(keys), std::move(args));
  if (!reply) co_return reply.error();
  co_return read_mark(*reply);
}

awaitable<Result<std::vector<bool>>> LeaseStore::seek(LeaseSearch::Look look) {
  std::vector<std::string> keys;
  std::vector<std::string> args{holder_, std::to_string(ttl_.count())};
  for (const LeaseSearch::Sought& line : look.lines) {
    keys.push_back(key::lease(line.session));
    keys.push_back(key::wanted(line.session));
    args.push_back(std::to_string(line.since_us));
    args.emplace_back(line.ask ? "1" : "0");
  }
  auto reply = co_await connection_.eval(scripts::seek(), std::move(keys), std::move(args));
  if (!reply) co_return reply.error();
  if (!reply->array() || reply->array()->size() != look.lines.size()) co_return Errc::malformed_value;
  std::vector<bool> free;
  for (const redis::Reply& answer : *reply->array())
    free.push_back(answer.integer() == 1);
  co_return free;
}

awaitable<Result<std::uint64_t>> LeaseStore::time_us() {
  redis::Command command{"TIME"};
  auto reply = co_await connection_.command(std::move(command));
  if (!reply) co_return reply.error();
  const auto seconds = reply->at(0).integer();
  const auto micros = reply->at(1).integer();
  if (!seconds || !micros) co_return Errc::malformed_value;
  co_return static_cast<std::uint64_t>(*seconds) * 1'000'000 + static_cast<std::uint64_t>(*micros);
}

awaitable<Result<std::string>> LeaseStore::present(std::string worker_id) {
  std::vector<std::string> keys{key::worker(worker_id)};
  std::vector<std::string> args{holder_, std::to_string(ttl_.count())};
  auto reply = co_await connection_.eval(scripts::presence(), std::move(keys), std::move(args));
  if (!reply) co_return reply.error();
  if (!reply->string()) co_return Errc::malformed_value;
  co_return std::string(*reply->string());
}

awaitable<Result<std::vector<std::string>>> LeaseStore::sessions(std::uint8_t bucket) {
  redis::Command command{"SMEMBERS", key::sessions(bucket)};
  auto reply = co_await connection_.command(std::move(command));
  if (!reply) co_return reply.error();
  if (!reply->array()) co_return Errc::malformed_value;
  std::vector<std::string> sessions;
  for (const redis::Reply& member : *reply->array())
    sessions.emplace_back(member.string().value_or(""));
  co_return sessions;
}

}  // namespace linekeeper::auth
