#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/node/codec.hpp"
#include "linekeeper/pairing/credentials.hpp"
#include "support/vectors.hpp"

namespace linekeeper::transport {

inline const nlohmann::json& vectors() {
  static const auto all = test::load_vectors<nlohmann::json>("pairing.json");
  return all;
}

inline Bytes hex(const nlohmann::json& value) {
  return test::unhex(value);
}
inline Key32 key(const nlohmann::json& value) {
  return test::unhex_exactly<32>(value);
}
inline crypto::KeyPair pair(const std::string& name) {
  return crypto::key_pair_from(SecretKey32(key(vectors().at("keys").at(name).at("private"))));
}

/// The node that a vector's binary form holds.
inline Node node_of(const nlohmann::json& stanza) {
  return decode(hex(stanza.at("baileys_binary"))).value();
}

/// The companion of all vectors.
inline DeviceCredentials companion() {
  DeviceCredentials out;
  out.noise = pair("companion_noise");
  out.identity = pair("companion_identity");
  out.signed_prekey = {1, pair("companion_signed_prekey"),
                       exactly<64>(hex(vectors().at("signed_prekey_signature").at("signature_with_Z"))).value()};
  out.registration_id = vectors().at("keys").at("registration_id");
  out.adv_secret = SecretKey32(key(vectors().at("keys").at("adv_secret_qr")));
  return out;
}

}  // namespace linekeeper::transport
