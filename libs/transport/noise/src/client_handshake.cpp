#include "linekeeper/noise/client_handshake.hpp"

#include <stdexcept>
#include <utility>

#include "handshake_message.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/noise/intro.hpp"

namespace linekeeper::transport {

ClientHandshake::ClientHandshake(Settings settings)
    : settings_(std::move(settings)),
      ephemeral_(settings_.ephemeral ? *settings_.ephemeral : crypto::generate_key_pair()),
      state_(settings_.server_key ? NoisePattern::kIK : NoisePattern::kXX) {}

Bytes ClientHandshake::start() {
  if (std::exchange(stage_, Stage::kHelloSent) != Stage::kNew) throw std::logic_error("handshake: started twice");
  wire::HandshakeMessage message;
  auto& hello = *message.mutable_client_hello();
  hello.set_ephemeral(to_field(ephemeral_.pub));
  state_.mix_hash(kIntro);
  if (settings_.server_key) {
    const Key32& server = *settings_.server_key;
    state_.mix_hash(server);
    state_.mix_hash(ephemeral_.pub);
    // A remembered key that yields no secret cannot have been a server's: then this hello opens nowhere, and the
    // server's fallback leads on.
    (void)state_.mix_dh(ephemeral_.priv, server);
    hello.set_static_(to_field(state_.encrypt_and_hash(settings_.noise_key.pub)));
    (void)state_.mix_dh(settings_.noise_key.priv, server);
    hello.set_payload(to_field(state_.encrypt_and_hash(settings_.client_payload)));
  } else {
    state_.mix_hash(ephemeral_.pub);
  }
  return concat(intro_bytes(settings_.routing_info), framed(message));
}

Result<ClientHandshake::Done> ClientHandshake::on_server_hello(ByteView payload, std::uint64_t now,
                                                               CertificateCache* cache) {
  if (std::exchange(stage_, Stage::kOver) != Stage::kHelloSent) return Errc::malformed_message;
  const auto message = parse_handshake(payload);
  if (!message || !message->has_server_hello()) return Errc::malformed_message;
  const auto& hello = message->server_hello();
  const auto server_ephemeral = exactly<32>(as_bytes(hello.ephemeral()));
  if (!server_ephemeral || hello.payload().size() < kTagSize) return Errc::malformed_message;

  if (settings_.server_key && !hello.has_static_()) {
    return finish_ik(*settings_.server_key, *server_ephemeral, as_bytes(hello.payload()), now, cache);
  }
  if (hello.static_().size() != kSealedKeySize) return Errc::malformed_message;
  if (settings_.server_key) {  // refused: the same ephemeral opens a fresh transcript
    state_ = SymmetricState(NoisePattern::kXXFallback);
    state_.mix_hash(kIntro);
    state_.mix_hash(ephemeral_.pub);
  }
  return finish_xx(*server_ephemeral, as_bytes(hello.static_()), as_bytes(hello.payload()), now, cache);
}

Result<ClientHandshake::Done> ClientHandshake::finish_xx(const Key32& server_ephemeral, ByteView sealed_static,
                                                         ByteView sealed_chain, std::uint64_t now,
                                                         CertificateCache* cache) {
  state_.mix_hash(server_ephemeral);
  LK_CHECK(state_.mix_dh(ephemeral_.priv, server_ephemeral));
  LK_TRY(const Bytes opened, state_.decrypt_and_hash(sealed_static));
  const auto server_static = exactly<32>(opened);
  if (!server_static) return Errc::malformed_message;
  LK_CHECK(state_.mix_dh(ephemeral_.priv, *server_static));
  LK_TRY(const Bytes chain, state_.decrypt_and_hash(sealed_chain));
  // Before a byte of ours goes out: a server that is not the right one learns neither our key nor our number.
  LK_TRY(const CertificateChain server, verify_server(chain, settings_.root, *server_static, now, cache));

  wire::HandshakeMessage message;
  auto& finish = *message.mutable_client_finish();
  finish.set_static_(to_field(state_.encrypt_and_hash(settings_.noise_key.pub)));
  LK_CHECK(state_.mix_dh(settings_.noise_key.priv, server_ephemeral));
  finish.set_payload(to_field(state_.encrypt_and_hash(settings_.client_payload)));
  const auto keys = state_.split();
  return Done{framed(message), TransportCipher(keys.client_to_server, keys.server_to_client), server};
}

Result<ClientHandshake::Done> ClientHandshake::finish_ik(const Key32& server_static, const Key32& server_ephemeral,
                                                         ByteView sealed_chain, std::uint64_t now,
                                                         CertificateCache* cache) {
  state_.mix_hash(server_ephemeral);
  LK_CHECK(state_.mix_dh(ephemeral_.priv, server_ephemeral));
  LK_CHECK(state_.mix_dh(settings_.noise_key.priv, server_ephemeral));
  LK_TRY(const Bytes chain, state_.decrypt_and_hash(sealed_chain));
  LK_TRY(const CertificateChain server, verify_server(chain, settings_.root, server_static, now, cache));
  const auto keys = state_.split();
  return Done{{}, TransportCipher(keys.client_to_server, keys.server_to_client), server};
}

}  // namespace linekeeper::transport
