#include "linekeeper/noise/certificate.hpp"

#include <algorithm>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "wire/handshake.pb.h"

namespace linekeeper::transport {
namespace {

std::optional<Certificate> parse(const wire::NoiseCertificate& signed_part) {
  wire::NoiseCertificateDetails details;
  if (!details.ParseFromString(signed_part.details())) return std::nullopt;
  const auto key = exactly<32>(as_bytes(details.key()));
  if (!key) return std::nullopt;
  return Certificate{details.serial(), details.issuer_serial(), *key, details.not_before(), details.not_after()};
}

/// Over the bytes as they came: a certificate is never serialized again before its signature is checked.
bool signed_by(const Key32& issuer, const wire::NoiseCertificate& certificate) {
  return crypto::xeddsa_verify(issuer, as_bytes(certificate.details()), as_bytes(certificate.signature()));
}

bool covers(const Certificate& certificate, std::uint64_t now) {
  return certificate.not_before <= now && now <= certificate.not_after;
}

std::string serialized(const Certificate& certificate) {
  wire::NoiseCertificateDetails details;
  details.set_serial(certificate.serial);
  details.set_issuer_serial(certificate.issuer_serial);
  details.set_key(certificate.key.data(), certificate.key.size());
  details.set_not_before(certificate.not_before);
  details.set_not_after(certificate.not_after);
  return details.SerializeAsString();
}

void fill(wire::NoiseCertificate& out, const Certificate& certificate, const SecretKey32& issuer,
          const crypto::SignatureNonce* nonce) {
  out.set_details(serialized(certificate));
  const ByteView message = as_bytes(out.details());
  const auto signature = nonce ? crypto::xeddsa_sign(issuer, message, *nonce) : crypto::xeddsa_sign(issuer, message);
  out.set_signature(signature.data(), signature.size());
}

}  // namespace

bool CertificateChain::valid_at(std::uint64_t now) const noexcept {
  return covers(leaf, now) && covers(intermediate, now);
}

Result<CertificateChain> verify_signatures(ByteView chain, const Key32& root) {
  wire::CertChain parsed;
  if (!parsed.ParseFromArray(chain.data(), static_cast<int>(chain.size())) || !parsed.has_leaf() ||
      !parsed.has_intermediate()) {
    return Errc::certificate_invalid;
  }
  const auto intermediate = parse(parsed.intermediate());
  const auto leaf = parse(parsed.leaf());
  if (!intermediate || !leaf) return Errc::certificate_invalid;
  // The root has serial 0; an absent issuer counts as 0.
  if (intermediate->issuer_serial != 0 || leaf->issuer_serial != intermediate->serial) return Errc::certificate_invalid;
  if (!signed_by(root, parsed.intermediate()) || !signed_by(intermediate->key, parsed.leaf())) {
    return Errc::certificate_invalid;
  }
  return CertificateChain{*leaf, *intermediate};
}

CertificateCache::CertificateCache(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}

Result<CertificateChain> CertificateCache::verify(ByteView chain, const Key32& root) {
  const auto digest = crypto::sha256(concat(root, chain));
  const auto known = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.digest == digest; });
  if (known != entries_.end()) return known->chain;
  LK_TRY(const CertificateChain verified, verify_signatures(chain, root));
  if (entries_.size() == capacity_) entries_.erase(entries_.begin());
  entries_.push_back({digest, verified});
  return verified;
}

Result<CertificateChain> verify_server(ByteView chain, const Key32& root, const Key32& server_static, std::uint64_t now,
                                       CertificateCache* cache) {
  LK_TRY(const CertificateChain verified, cache ? cache->verify(chain, root) : verify_signatures(chain, root));
  if (!verified.valid_at(now) || !equal_constant_time(verified.leaf.key, server_static)) {
    return Errc::certificate_invalid;
  }
  return verified;
}

Bytes issue_chain(const SecretKey32& root, const Certificate& intermediate, const SecretKey32& intermediate_key,
                  const Certificate& leaf, const std::optional<ChainNonces>& nonces) {
  wire::CertChain chain;
  fill(*chain.mutable_intermediate(), intermediate, root, nonces ? &nonces->intermediate : nullptr);
  fill(*chain.mutable_leaf(), leaf, intermediate_key, nonces ? &nonces->leaf : nullptr);
  return to_bytes(chain.SerializeAsString());
}

ServerIdentity issue_server_identity(const SecretKey32& root, const crypto::KeyPair& static_key, std::uint64_t now) {
  constexpr std::uint64_t kDay = 86'400;
  const std::uint64_t not_before = now > kDay ? now - kDay : 0;
  const std::uint64_t not_after = now + 3'650 * kDay;
  const crypto::KeyPair issuer = crypto::generate_key_pair();
  const Certificate intermediate{1, 0, issuer.pub, not_before, not_after};
  const Certificate leaf{2, intermediate.serial, static_key.pub, not_before, not_after};
  return {static_key, issue_chain(root, intermediate, issuer.priv, leaf)};
}

}  // namespace linekeeper::transport
