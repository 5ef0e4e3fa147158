#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access/caller.hpp"

namespace linekeeper::control {

/// The public keys of a JWKS file (RFC 7517), against which JWTs (RFC 7519) are verified: RS256 and ES256, nothing
/// else. A token's claims become the caller: `sub` its name, `roles` (list, or words of `scope`) its roles, `sessions`
/// (list) its session prefixes. `exp` is required. Immutable; copies share the keys.
class KeySet {
 public:
  struct Refusal {
    std::string text;
  };
  static std::variant<KeySet, Refusal> parse(std::string_view json);
  static std::variant<KeySet, Refusal> load(const std::string& path);

  /// What a token must have been made for and by; an empty one is not asked for.
  struct Expected {
    std::string audience;
    std::string issuer;
  };
  /// The caller, or why not in snake_case: not_a_jwt, algorithm, unknown_key, signature, expired, not_yet_valid,
  /// audience, issuer, claims.
  std::variant<Caller, std::string> verify(std::string_view token, const Expected& expected,
                                           std::chrono::system_clock::time_point now) const;

 private:
  struct Key {
    std::string id;  ///< May be empty.
    bool elliptic = false;
    std::shared_ptr<EVP_PKEY> key;
  };
  std::vector<Key> keys_;
};

}  // namespace linekeeper::control
