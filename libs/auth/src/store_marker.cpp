#include "linekeeper/auth/store_marker.hpp"

#include "linekeeper/auth/keys.hpp"
#include "linekeeper/auth/sealed.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "scripts.hpp"

namespace linekeeper::auth {
namespace {

constexpr std::string_view kField = "number-key";

}  // namespace

StoreVerdict judge_store(const StoreEvidence& evidence) noexcept {
  if (evidence.marker_present) return StoreVerdict::known;
  if (evidence.marker_seen_before || evidence.committed_offsets) return StoreVerdict::lost;
  return StoreVerdict::new_installation;
}

StoreMarker::StoreMarker(redis::Connection& connection, std::shared_ptr<const KeyRing> ring)
    : connection_(connection), ring_(std::move(ring)) {}

awaitable<Result<std::optional<StoreState>>> StoreMarker::read() {
  return run({}, {});
}

awaitable<Result<StoreState>> StoreMarker::create() {
  const Bytes secret = crypto::random_bytes(32);
  Bytes sealed = Sealer(ring_->first(), {}, {}).seal(kField, secret);
  auto state = co_await run(to_hex(crypto::random_bytes(8)), std::move(sealed));
  if (!state) co_return state.error();
  if (!*state) co_return Errc::malformed_value;
  co_return std::move(**state);
}

awaitable<Result<std::optional<StoreState>>> StoreMarker::run(std::string id, Bytes sealed_number_key) {
  if (!connection_.server()) {
    // The run id is known only once connected; any command waits for that.
    redis::Command ping{"PING"};
    auto reply = co_await connection_.command(std::move(ping));
    if (!reply) co_return reply.error();
    if (!connection_.server()) co_return Errc::store_unavailable;
  }
  StoreState state;
  state.run_id = connection_.server()->run_id;
  std::vector<std::string> keys{key::store()};
  std::vector<std::string> args{state.run_id, std::move(id), to_text(sealed_number_key)};
  auto reply = co_await connection_.eval(scripts::store(), std::move(keys), std::move(args));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return std::optional<StoreState>();
  const auto found = reply->at(0).string();
  const auto sealed = reply->at(1).string();
  const auto known_for = reply->at(2).integer();
  if (!found || !sealed || !known_for) co_return Errc::malformed_value;
  // The answer may come from a server that took the place of the one we meant.
  if (!connection_.server() || connection_.server()->run_id != state.run_id) co_return Errc::store_unavailable;
  state.id = *found;
  state.known_for = std::chrono::microseconds(*known_for);
  LK_CO_TRY(Bytes opened, open_with(*ring_, {}, {}, kField, as_bytes(*sealed)));
  const SecretBytes secret(std::move(opened));
  const auto key = exactly<32>(secret.reveal());
  if (!key) co_return Errc::malformed_value;
  state.number_key = SecretKey32(*key);
  co_return std::optional<StoreState>(std::move(state));
}

awaitable<Result<void>> StoreMarker::reseal() {
  redis::Command command{"HGET", key::store(), "number"};
  auto reply = co_await connection_.command(std::move(command));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return ok();
  const std::string old(reply->string().value_or(""));
  LK_CO_TRY(const std::string id, key_id_of(as_bytes(old)));
  if (id == ring_->first().id) co_return ok();
  LK_CO_TRY(Bytes opened, open_with(*ring_, {}, {}, kField, as_bytes(old)));
  const SecretBytes secret(std::move(opened));
  std::vector<std::string> keys{key::store()};
  std::vector<std::string> args{old, to_text(Sealer(ring_->first(), {}, {}).seal(kField, secret.reveal()))};
  auto done = co_await connection_.eval(scripts::store_reseal(), std::move(keys), std::move(args));
  if (!done) co_return done.error();
  co_return ok();
}

}  // namespace linekeeper::auth
