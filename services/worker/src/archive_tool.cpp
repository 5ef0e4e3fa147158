#include "archive_tool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <functional>

#include "linekeeper/auth/keys.hpp"
#include "linekeeper/auth/line_store.hpp"
#include "linekeeper/auth/number_claim.hpp"
#include "linekeeper/auth/store_marker.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/contract/line_record.hpp"
#include "linekeeper/crypto/random.hpp"
#include "linekeeper/pairing/credentials.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "setup.hpp"

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
using contract::LineRecord;
using contract::read_line;
using contract::write_desired;
using contract::write_status;

constexpr auto kLease = 30s;  ///< Longer than a restoration takes.

/// What a tool has to say in the end.
struct Answer {
  int code = 0;
  std::string text;
};
Answer refuse(std::string text) {
  return {1, std::move(text)};
}
Answer refuse(error_code why) {
  if (auth::unreadable(why))
    return refuse("STATE_UNREADABLE: it does not open under this key ring (" + why.message() + ").");
  return refuse("STORE_UNAVAILABLE: " + why.message() + ".");
}

using Tool = std::function<awaitable<Answer>(redis::Connection&, std::shared_ptr<const auth::KeyRing>)>;

awaitable<void> use_tool(const Tool& tool, redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring,
                         Answer& answer) {
  Answer given = co_await tool(redis, std::move(ring));
  answer = std::move(given);
  co_await redis.stop();
}

int run_tool(const settings::Values& values, const char* name, telemetry::Log& log, const Tool& tool) {
  auto made = make_setup(values);
  if (const auto* wrong = std::get_if<std::string>(&made)) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    return 2;
  }
  Setup& setup = *std::get<std::unique_ptr<Setup>>(made);
  asio::io_context io(1);
  redis::Connection redis(io.get_executor(), setup.loops.redis);
  redis.on_trouble([&](const redis::Trouble& trouble) { log.warn("Redis cannot be used", {{"error", trouble.text}}); });
  Answer answer;
  redis.start();
  asio::co_spawn(io, use_tool(tool, redis, setup.ring, answer), asio::detached);
  io.run();
  if (answer.code == 0) {
    std::fputs(answer.text.c_str(), stdout);
  } else {
    std::fprintf(stderr, "%s: %s\n", name, answer.text.c_str());
  }
  return answer.code;
}

std::string row(const std::string& session, std::int64_t left_ms, const redis::Reply& head_values) {
  std::string status = "?";
  LineRecord record;
  const auto head = auth::read_head(head_values);
  const auto stored = head ? read_line(*head, record) : Result<lifecycle::Stored>(head.error());
  if (stored) status = v1::LineStatus_Name(stored->status);
  return session + "\t" + std::to_string(left_ms / 3'600'000) + "h " + std::to_string(left_ms / 60'000 % 60) +
         "m left\t" + status + "\n";
}

awaitable<Answer> list(redis::Connection& redis) {
  auth::LeaseStore leases(redis, "archive-tool", kLease);
  Answer answer;
  for (unsigned bucket = 0; bucket < auth::kBuckets; ++bucket) {
    const auto sessions = co_await leases.sessions(static_cast<std::uint8_t>(bucket));
    if (!sessions) co_return refuse(sessions.error());
    for (const std::string& session : *sessions) {
      redis::Command head{"HMGET", auth::key::line(session)};
      head.insert(head.end(), auth::head_fields().begin(), auth::head_fields().end());
      std::vector<redis::Command> asks{{"PTTL", auth::key::archive(session)}, std::move(head)};
      const auto replies = co_await redis.pipeline(std::move(asks));
      if (!replies) co_return refuse(replies.error());
      const auto left = replies->front().integer();
      if (left && *left > 0) answer.text += row(session, *left, replies->back());
    }
  }
  if (answer.text.empty()) answer.text = "No session has an archive.\n";
  co_return answer;
}

/// Under the lease, which the caller releases.
awaitable<Answer> restore(auth::LineStore& line, auth::NumberClaims& claims, const SecretKey32& number_key) {
  if (line.head().damaged) co_return refuse("STATE_UNREADABLE: the session's head makes no sense. Reset it first.");
  if (!line.head().key_id.empty())
    co_return refuse(
        "CREDENTIALS_CONFLICT: the session has credentials. Reset it first if it is to have the old ones.");
  auto archived = co_await line.archive();
  if (!archived && archived.error() == Errc::not_found)
    co_return refuse(
        "This session has no archive: it was never logged out, or more than 24 hours ago, or it was reset.");
  if (!archived) co_return refuse(archived.error());
  const auto found = archived->find(transport::kCredentialsField);
  const auto credentials = found == archived->end() ? Result<transport::DeviceCredentials>(Errc::not_found)
                                                    : transport::parse_credentials(found->second);
  if (!credentials || !credentials->registered())
    co_return refuse("STATE_UNREADABLE: the archive holds no credentials.");

  auth::Claim mine;
  mine.session = line.session();
  mine.token = line.token();
  const auto claimed = co_await claims.claim(credentials->me->user, mine, std::nullopt);
  if (!claimed) co_return refuse(claimed.error());
  if (claimed->session != mine.session)
    co_return refuse("CREDENTIALS_CONFLICT: another session claims the number: " + claimed->session +
                     ". Reset that one.");

  LineRecord record;
  lifecycle::Stored stored;
  const auto before = read_line(line.head(), record);
  if (!before) co_return refuse(before.error());
  stored.registered = true;
  stored.desired = lifecycle::Desired::stop;
  stored.status = v1::LINE_STATUS_STOPPED;
  stored.code = v1::STOPPED;
  stored.detail = "restored_from_archive";
  record.number_tag = auth::number_tag(number_key, credentials->me->user);
  record.credentials_at_ms = 0;  // No pair command made them: any reset may forget them.
  const lifecycle::Lifecycle machine({}, std::move(stored));
  auth::Commit commit;
  commit.wipe = auth::Commit::Wipe::forget;  // The archive goes in the same step.
  for (auto& [name, value] : *archived)
    commit.fields.emplace(name, std::move(value));
  commit.status = write_status(machine, record);
  commit.desired = write_desired(machine.desired());
  const auto done = co_await line.commit(std::move(commit), net::Deadline::after(10s));
  if (!done) co_return refuse(done.error());
  co_return Answer{0, "Restored. The line is STOPPED: start the workers and send a connect command.\n"};
}

awaitable<Answer> restore_session(redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring,
                                  std::string session, std::chrono::milliseconds ttl) {
  auth::StoreMarker marker(redis, ring);
  const auto state = co_await marker.read();
  if (!state) co_return refuse(state.error());
  if (!*state) co_return refuse("STATE_LOST: this Redis has no marker, so no worker has used it.");
  if ((*state)->known_for < ttl)
    co_return refuse("Redis was started a moment ago, and a worker may still hold the line. Try again in a minute.");
  redis::Command ask{"EXISTS", auth::key::archive(session)};
  const auto exists = co_await redis.command(std::move(ask));
  if (!exists) co_return refuse(exists.error());
  if (exists->integer() != 1)
    co_return refuse(
        "This session has no archive: it was never logged out, or more than 24 hours ago, or it was reset.");

  auth::LeaseStore leases(redis, "archive-tool/" + to_hex(crypto::random_bytes(8)), kLease);
  auto acquired = co_await leases.acquire(session, 0);
  if (!acquired && acquired.error() == Errc::lease_busy)
    co_return refuse("A worker holds this line. Stop the workers, wait for lease-ttl, and try again.");
  if (!acquired) co_return refuse(acquired.error());
  const auth::FencingToken token = acquired->token;
  Answer answer;
  {
    auth::LineStore line(redis, ring, session, std::move(*acquired));
    auth::NumberClaims claims(redis, (*state)->number_key);
    Answer given = co_await restore(line, claims, (*state)->number_key);
    answer = std::move(given);
  }
  (void)co_await leases.release(session, token);
  co_return answer;
}

}  // namespace

int list_archives(const settings::Values& values, telemetry::Log& log) {
  return run_tool(values, "archive list", log,
                  [](redis::Connection& redis, std::shared_ptr<const auth::KeyRing>) { return list(redis); });
}

int restore_archive(const settings::Values& values, std::string session, telemetry::Log& log) {
  const auto ttl = values.duration("lease-ttl");
  return run_tool(values, "archive restore", log,
                  [&session, ttl](redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring) {
                    return restore_session(redis, std::move(ring), session, ttl);
                  });
}

}  // namespace linekeeper::worker
