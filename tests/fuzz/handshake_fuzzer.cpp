// Both sides of the handshake with the keys of the golden vectors, so that seeds made from those get all the way
// through. The first byte chooses who reads: a client that opened with XX, one that opened with IK, or a server;
// the rest is what the other side says, as frames.
#include <string>
#include <string_view>

#include "fuzz.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/noise/certificate.hpp"
#include "linekeeper/noise/client_handshake.hpp"
#include "linekeeper/noise/frame.hpp"
#include "linekeeper/noise/server_handshake.hpp"

namespace linekeeper {
namespace {

using transport::ClientHandshake;
using transport::ServerHandshake;
using transport::ServerIdentity;

/// What the vectors' client says of itself: an IK answer opens only for the same transcript.
constexpr std::string_view kLogin =
    "08d2e0e8f63918012a36080e120b080210b81718c5a3cfed031a0330303022033030302a03302e31"
    "3a074465736b746f704203302e3150005a02656e620255533202200060016801900107880201c80200";

constexpr std::uint64_t kNow = 1'767'225'600;

/// How the vectors derive their keys and the randomness of their signatures.
crypto::KeyPair vector_key(const std::string& name) {
  return crypto::key_pair_from(crypto::sha256(as_bytes("wa-connection-vector/1 " + name)));
}
crypto::SignatureNonce vector_nonce(const std::string& name) {
  return crypto::sha512(as_bytes("wa-connection-vector/1 sig " + name));
}

const ServerIdentity& identity() {
  static const ServerIdentity made = [] {
    const auto root = vector_key("cert_root");
    const auto issuer = vector_key("cert_intermediate");
    const auto server = vector_key("server_static");
    const transport::Certificate intermediate{3, 0, issuer.pub, 1'600'000'000, 4'102'444'800};
    const transport::Certificate leaf{17, 3, server.pub, 1'600'000'000, 4'102'444'800};
    return ServerIdentity{
        server, transport::issue_chain(root.priv, intermediate, issuer.priv, leaf,
                                       transport::ChainNonces{vector_nonce("intermediate"), vector_nonce("leaf")})};
  }();
  return made;
}

void read_as_client(ByteView stream, bool ik) {
  static const ClientHandshake::Settings base{.noise_key = vector_key("client_static"),
                                              .client_payload = *from_hex(kLogin),
                                              .root = vector_key("cert_root").pub,
                                              .routing_info = {},
                                              .ephemeral = vector_key("client_ephemeral"),
                                              .server_key = {}};
  ClientHandshake::Settings settings = base;
  if (ik) settings.server_key = identity().static_key.pub;
  ClientHandshake client(settings);
  (void)client.start();
  transport::FrameReader frames;
  frames.push(stream);
  const auto hello = frames.next();
  if (!hello || !*hello) return;
  auto done = client.on_server_hello(**hello, kNow);
  if (!done) return;
  fuzz::must(done->server.leaf.key == identity().static_key.pub, "only the certified server is accepted");
  for (auto frame = frames.next(); frame && *frame; frame = frames.next()) {
    if (!done->cipher.open(**frame)) return;
  }
}

void read_as_server(ByteView stream) {
  static const auto ephemeral = vector_key("server_ephemeral");
  ServerHandshake server(identity(), {.accept_ik = true, .ephemeral = ephemeral});
  transport::FrameReader frames;
  frames.push(stream);
  for (int message = 0; message < 2; ++message) {
    const auto frame = frames.next();
    if (!frame || !*frame) return;
    auto step = server.on_frame(**frame);
    if (!step) {
      fuzz::must(!server.on_frame(**frame), "a failed handshake stays failed");
      return;
    }
    if (auto* done = std::get_if<ServerHandshake::Done>(&*step)) {
      for (auto next = frames.next(); next && *next; next = frames.next()) {
        if (!done->cipher.open(**next)) return;
      }
      return;
    }
    fuzz::must(message == 0, "only a hello is answered");
  }
}

}  // namespace
}  // namespace linekeeper

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linekeeper;
  ByteView input(data, size);
  switch (fuzz::choose(input, 3)) {
    case 0: read_as_client(input, false); break;
    case 1: read_as_client(input, true); break;
    default: read_as_server(input); break;
  }
  return 0;
}
