#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/auth/token.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/redis/connection.hpp"

namespace linekeeper::auth {

/// Who holds a number.
struct Claim {
  std::string session;
  FencingToken token = 0;
  friend bool operator==(const Claim&, const Claim&) = default;
};

/// How a number appears in key names: a hash keyed with `StoreState::number_key`, 32 hex digits.
std::string number_tag(const SecretKey32& number_key, std::string_view number);

/// A claim holds while its session stores that number, or its lease still carries the claim's token.
/// `session_number`: what that session stores, if anything. `lease_token`: its live lease's, 0 if there is none.
bool claim_holds(const Claim& claim, std::string_view number, const std::optional<std::string>& session_number,
                 FencingToken lease_token) noexcept;

/// One number, one session: claims in Redis, set by compare-and-set. Threads: the connection's.
class NumberClaims {
 public:
  NumberClaims(redis::Connection& connection, SecretKey32 number_key);

  /// Nothing if nobody claims it.
  awaitable<Result<std::optional<Claim>>> read(std::string number);
  /// Sets `mine` if the number is free, already that session's, or claimed exactly as `instead_of`. Returns the claim
  /// that stands afterwards: ours, or whose it is.
  awaitable<Result<Claim>> claim(std::string number, Claim mine, std::optional<Claim> instead_of);
  /// Frees it if it is exactly this claim. True if it was.
  awaitable<Result<bool>> release(std::string number, Claim mine);
  /// Frees the number with this tag if it is claimed by this session, under whatever lease. True if it was.
  awaitable<Result<bool>> release_all(std::string tag, std::string session);
  /// The token of that session's live lease, 0 if there is none.
  awaitable<Result<FencingToken>> lease_token(std::string session);

 private:
  awaitable<Result<bool>> unclaim(std::string tag, std::string claim, std::string session);

  redis::Connection& connection_;
  SecretKey32 number_key_;
};

}  // namespace linekeeper::auth
