#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/crypto/xeddsa.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::sandbox {

using transport::Node;

struct OneTimeKey {
  std::uint32_t id = 0;  ///< 24 bits.
  Key32 value{};
};

struct SignedKey {
  std::uint32_t id = 0;  ///< 24 bits.
  Key32 value{};
  crypto::Signature signature{};
};

/// The public keys a device left with the server: what others need to start a session with it.
class PrekeyStore {
 public:
  std::uint32_t registration_id = 0;
  Key32 identity{};
  SignedKey signed_key;

  /// `<iq xmlns=encrypt type=set>` with registration, type, identity, list and skey. Keys are kept in upload order; an
  /// id that is there already is overwritten. Errors: `malformed_node` for missing parts or wrong lengths,
  /// `bad_signature` if the signed prekey is not signed by the identity. Nothing changes on an error.
  Result<void> upload(const Node& request);

  /// `<rotate><skey/></rotate>`. Errors as `upload`.
  Result<void> rotate(const Node& rotate);

  /// The oldest one-time key, which nobody gets again.
  std::optional<OneTimeKey> take();

  std::size_t left() const noexcept { return one_time_.size(); }
  /// False until the first upload: before it a digest does not exist.
  bool uploaded() const noexcept { return uploaded_; }

  /// The children of a bundle, with `key` unless there is none.
  void write_bundle(Node& user, const std::optional<OneTimeKey>& one_time) const;

  /// `<digest>`: everything the device should still have here, and a hash over it.
  Node digest() const;

 private:
  std::deque<OneTimeKey> one_time_;
  bool uploaded_ = false;
};

/// `<skey>` or `<key>` as the wire has them.
Node key_node(const OneTimeKey& key);
Node signed_key_node(const SignedKey& key);

/// Errors: `malformed_node`, `bad_signature`.
Result<SignedKey> parse_signed_key(const Node* skey, const Key32& identity);

}  // namespace linekeeper::sandbox
