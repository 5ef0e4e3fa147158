#include "linekeeper/auth/number_claim.hpp"

#include <charconv>

#include "linekeeper/auth/keys.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "scripts.hpp"

namespace linekeeper::auth {
namespace {

std::string written(const Claim& claim) {
  return std::to_string(claim.token) + " " + claim.session;
}

/// "<token> <rest>", the form of claims and leases.
std::optional<Claim> read_claim(std::string_view text) {
  Claim claim;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), claim.token);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error != std::errc() || rest.size() < 2 || rest.front() != ' ') return std::nullopt;
  claim.session = rest.substr(1);
  return claim;
}

}  // namespace

std::string number_tag(const SecretKey32& number_key, std::string_view number) {
  return to_hex(ByteView(crypto::hmac_sha256(number_key.reveal(), as_bytes(number))).first(16));
}

bool claim_holds(const Claim& claim, std::string_view number, const std::optional<std::string>& session_number,
                 FencingToken lease_token) noexcept {
  return session_number == number || (lease_token != 0 && lease_token == claim.token);
}

NumberClaims::NumberClaims(redis::Connection& connection, SecretKey32 number_key)
    : connection_(connection), number_key_(std::move(number_key)) {}

awaitable<Result<std::optional<Claim>>> NumberClaims::read(std::string number) {
  redis::Command command{"GET", key::number(number_tag(number_key_, number))};
  auto reply = co_await connection_.command(std::move(command));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return std::optional<Claim>();
  auto claim = read_claim(reply->string().value_or(""));
  if (!claim) co_return Errc::malformed_value;
  co_return claim;
}

awaitable<Result<Claim>> NumberClaims::claim(std::string number, Claim mine, std::optional<Claim> instead_of) {
  std::vector<std::string> keys{key::number(number_tag(number_key_, number))};
  std::vector<std::string> args{written(mine), mine.session, instead_of ? written(*instead_of) : std::string()};
  auto reply = co_await connection_.eval(scripts::claim(), std::move(keys), std::move(args));
  if (!reply) co_return reply.error();
  auto stands = read_claim(reply->string().value_or(""));
  if (!stands) co_return Errc::malformed_value;
  co_return std::move(*stands);
}

awaitable<Result<bool>> NumberClaims::release(std::string number, Claim mine) {
  return unclaim(number_tag(number_key_, number), written(mine), {});
}

awaitable<Result<bool>> NumberClaims::release_all(std::string tag, std::string session) {
  return unclaim(std::move(tag), {}, std::move(session));
}

awaitable<Result<bool>> NumberClaims::unclaim(std::string tag, std::string claim, std::string session) {
  std::vector<std::string> keys{key::number(tag)};
  std::vector<std::string> args{std::move(claim), std::move(session)};
  auto reply = co_await connection_.eval(scripts::unclaim(), std::move(keys), std::move(args));
  if (!reply) co_return Result<bool>(boost::system::in_place_error, reply.error());
  co_return reply->integer() == 1;
}

awaitable<Result<FencingToken>> NumberClaims::lease_token(std::string session) {
  redis::Command command{"GET", key::lease(session)};
  auto reply = co_await connection_.command(std::move(command));
  if (!reply) co_return reply.error();
  const auto lease = read_claim(reply->string().value_or(""));
  co_return lease ? lease->token : FencingToken{0};
}

}  // namespace linekeeper::auth
