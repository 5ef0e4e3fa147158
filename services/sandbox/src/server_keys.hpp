#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "linekeeper/noise/certificate.hpp"

namespace linekeeper::sandbox {

/// The server's Noise keys: a root that clients are told to trust, and the static key certified by it.
class ServerKeys {
 public:
  /// With a seed always the same keys; else new ones. `now` in unix seconds starts the certificates' validity.
  ServerKeys(const std::optional<Key32>& seed, std::int64_t now);

  const Key32& root() const noexcept { return root_.pub; }
  const transport::ServerIdentity& identity() const noexcept { return identity_; }

  /// A new static key under the same root, as after a move of the server: what clients remember of the old one is
  /// stale.
  void renew(std::int64_t now);

  /// Chains that a careful client refuses: expired, wrong-signer, wrong-static, corrupt. Anything else is the good one.
  transport::ServerIdentity broken(std::string_view variant, std::int64_t now) const;

 private:
  crypto::KeyPair root_;
  transport::ServerIdentity identity_;
};

}  // namespace linekeeper::sandbox
