#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/crypto/xeddsa.hpp"

namespace linekeeper::transport {

/// The production root key, an X25519 key used with XEdDSA.
inline constexpr Key32 kProductionNoiseRoot{0x14, 0x23, 0x75, 0x57, 0x4d, 0x0a, 0x58, 0x71, 0x66, 0xaa, 0xe7,
                                            0x1e, 0xbe, 0x51, 0x64, 0x37, 0xc4, 0xa2, 0x8b, 0x73, 0xe3, 0x69,
                                            0x5c, 0x6c, 0xe1, 0xf7, 0xf9, 0x54, 0x5d, 0xa8, 0xee, 0x6b};

/// What one certificate of the chain states. Times are unix seconds, both inclusive.
struct Certificate {
  std::uint32_t serial = 0;
  std::uint32_t issuer_serial = 0;
  Key32 key{};
  std::uint64_t not_before = 0;
  std::uint64_t not_after = 0;
};

/// A chain whose signatures, serials and lengths were checked against a root. Time and server key are checked at each
/// use, because both change while the chain stays the same.
struct CertificateChain {
  Certificate leaf;
  Certificate intermediate;

  /// Whether both certificates are valid at `now` (unix seconds).
  bool valid_at(std::uint64_t now) const noexcept;
};

/// Checks signatures, serials and lengths. Errors: `certificate_invalid`, whatever is wrong.
Result<CertificateChain> verify_signatures(ByteView chain, const Key32& root);

/// Remembers the last few chains whose signatures were good, by digest of chain and root: thousands of connections
/// to the same server cost two signature checks instead of two each. Bounded; the oldest goes first.
/// The caller owns it, one per thread: it is not synchronised.
class CertificateCache {
 public:
  explicit CertificateCache(std::size_t capacity = 8);

  /// `verify_signatures`, or its remembered outcome. Failures are not remembered.
  Result<CertificateChain> verify(ByteView chain, const Key32& root);

  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::array<std::uint8_t, 32> digest;
    CertificateChain chain;
  };
  std::size_t capacity_;
  std::vector<Entry> entries_;
};

/// The whole check of what a server presents in its handshake: `verify_signatures`, both certificates valid at `now`
/// (unix seconds), and the leaf's key equal to `server_static`, compared in constant time.
/// Errors: `certificate_invalid`.
Result<CertificateChain> verify_server(ByteView chain, const Key32& root, const Key32& server_static, std::uint64_t now,
                                       CertificateCache* cache = nullptr);

/// What a server needs to answer a handshake.
struct ServerIdentity {
  crypto::KeyPair static_key;
  Bytes chain;  ///< Serialized, certifies `static_key.pub`.
};

/// Fixed randomness of the two signatures, for reproducible chains in tests.
struct ChainNonces {
  crypto::SignatureNonce intermediate;
  crypto::SignatureNonce leaf;
};

/// Signs a chain as the wire has it, exactly as stated: tests issue wrong ones with it too.
/// The issuer serial is always written, also as 0: a peer reads an absent one as a failure.
Bytes issue_chain(const SecretKey32& root, const Certificate& intermediate, const SecretKey32& intermediate_key,
                  const Certificate& leaf, const std::optional<ChainNonces>& nonces = std::nullopt);

/// A fresh intermediate and leaf for `static_key`, valid from the day before `now` (unix seconds) for ten years.
ServerIdentity issue_server_identity(const SecretKey32& root, const crypto::KeyPair& static_key, std::uint64_t now);

}  // namespace linekeeper::transport
