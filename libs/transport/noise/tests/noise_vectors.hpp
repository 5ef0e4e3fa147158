#pragma once

#include <string>

#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/noise/certificate.hpp"
#include "linekeeper/noise/client_handshake.hpp"
#include "linekeeper/noise/server_handshake.hpp"
#include "support/vectors.hpp"

namespace linekeeper::transport {

using test::Json;
using test::unhex;
using test::unhex_exactly;

/// Within the validity of the vectors' certificates.
inline constexpr std::uint64_t kNow = 1'767'225'600;

inline const Json& noise_vectors() {
  static const Json vectors = test::load_vectors("noise.json");
  return vectors;
}

inline crypto::KeyPair vector_key(const std::string& name) {
  return crypto::key_pair_from(unhex_exactly<32>(noise_vectors()["keys"][name]["private"]));
}

inline ServerIdentity vector_identity() {
  return {vector_key("server_static"), unhex(noise_vectors()["cert_chain"]["plaintext"])};
}

/// The client of the vectors, with their root and ephemeral, saying what the named handshake says.
inline ClientHandshake::Settings vector_client(const Json& client_payload) {
  return {.noise_key = vector_key("client_static"),
          .client_payload = unhex(client_payload),
          .root = vector_key("cert_root").pub,
          .routing_info = {},
          .ephemeral = vector_key("client_ephemeral"),
          .server_key = {}};
}
inline ClientHandshake::Settings vector_login_client() {
  return vector_client(noise_vectors()["client_payload"]["login"]["protobuf"]);
}

inline ServerHandshake vector_server() {
  return ServerHandshake(vector_identity(), {.accept_ik = true, .ephemeral = vector_key("server_ephemeral")});
}

inline ByteView without_header(ByteView frame) {
  return frame.subspan(3);
}

}  // namespace linekeeper::transport
