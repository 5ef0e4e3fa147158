#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "access/caller.hpp"

namespace linekeeper::control {

/// Who may call, from a file. One caller a line: `name credential roles [prefixes]`, blanks between, commas within.
///
///   ada       sha256:<64 hex digits>  operate,send
///   billing   sha256:<64 hex digits>  send           shop-,kiosk-
///   ops-host  cert:ops.example.org    admin
///
/// `sha256` is the digest of a bearer token: tokens are random, so that a plain digest tells nothing of them. `cert` is
/// the common name of a client certificate, which TLS has verified. Blank lines and lines that begin with # are
/// skipped. Immutable.
class AccessList {
 public:
  struct Refusal {
    std::string text;  ///< What is wrong in which line; never quotes a credential.
  };
  static std::variant<AccessList, Refusal> parse(std::string_view text);
  /// Refuses a file that others may write.
  static std::variant<AccessList, Refusal> load(const std::string& path);

  /// Compares with every entry in constant time.
  std::optional<Caller> by_token(std::string_view token) const;
  std::optional<Caller> by_certificate(std::string_view common_name) const;

  bool has_tokens() const noexcept { return !tokens_.empty(); }
  bool has_certificates() const noexcept { return !certificates_.empty(); }

 private:
  struct Token {
    std::array<std::uint8_t, 32> digest;
    Caller caller;
  };
  struct Certificate {
    std::string common_name;
    Caller caller;
  };
  std::vector<Token> tokens_;
  std::vector<Certificate> certificates_;
};

}  // namespace linekeeper::control
