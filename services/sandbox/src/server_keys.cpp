#include "server_keys.hpp"

#include "linekeeper/crypto/hkdf.hpp"

namespace linekeeper::sandbox {

namespace {

constexpr std::int64_t kDay = 86'400;

crypto::KeyPair pair_from(const std::optional<Key32>& seed, std::string_view purpose) {
  if (!seed) return crypto::generate_key_pair();
  return crypto::key_pair_from(*exactly<32>(crypto::hkdf_sha256(*seed, {}, as_bytes(purpose), 32)));
}

}  // namespace

ServerKeys::ServerKeys(const std::optional<Key32>& seed, std::int64_t now)
    : root_(pair_from(seed, "linekeeper sandbox noise root")),
      identity_(transport::issue_server_identity(root_.priv, pair_from(seed, "linekeeper sandbox noise static"),
                                                 static_cast<std::uint64_t>(now))) {}

void ServerKeys::renew(std::int64_t now) {
  identity_ =
      transport::issue_server_identity(root_.priv, crypto::generate_key_pair(), static_cast<std::uint64_t>(now));
}

transport::ServerIdentity ServerKeys::broken(std::string_view variant, std::int64_t now) const {
  const auto time = static_cast<std::uint64_t>(now);
  transport::ServerIdentity out = identity_;
  if (variant == "expired") {
    const crypto::KeyPair intermediate_key = crypto::generate_key_pair();
    const transport::Certificate intermediate{1, 0, intermediate_key.pub, time - 30 * kDay, time - kDay};
    const transport::Certificate leaf{2, 1, identity_.static_key.pub, time - 30 * kDay, time - kDay};
    out.chain = transport::issue_chain(root_.priv, intermediate, intermediate_key.priv, leaf);
  } else if (variant == "wrong-signer") {
    out = transport::issue_server_identity(crypto::generate_key_pair().priv, identity_.static_key, time);
  } else if (variant == "wrong-static") {
    out.static_key = crypto::generate_key_pair();
  } else if (variant == "corrupt") {
    out.chain[out.chain.size() / 2] ^= 0x01;
  }
  return out;
}

}  // namespace linekeeper::sandbox
