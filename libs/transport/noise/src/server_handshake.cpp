#include "linekeeper/noise/server_handshake.hpp"

#include <utility>

#include "handshake_message.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/noise/intro.hpp"

namespace linekeeper::transport {

ServerHandshake::ServerHandshake(const ServerIdentity& identity, Settings settings)
    : identity_(identity),
      settings_(std::move(settings)),
      ephemeral_(settings_.ephemeral ? *settings_.ephemeral : crypto::generate_key_pair()),
      state_(NoisePattern::kXX) {}

Result<ServerHandshake::Step> ServerHandshake::on_frame(ByteView payload) {
  const Stage stage = std::exchange(stage_, Stage::kOver);
  switch (stage) {
    case Stage::kHello: return on_client_hello(payload);
    case Stage::kFinish: return on_client_finish(payload);
    case Stage::kOver: break;
  }
  return Errc::malformed_message;
}

Result<ServerHandshake::Step> ServerHandshake::on_client_hello(ByteView payload) {
  const auto message = parse_handshake(payload);
  if (!message || !message->has_client_hello()) return Errc::malformed_message;
  const auto& hello = message->client_hello();
  const auto ephemeral = exactly<32>(as_bytes(hello.ephemeral()));
  if (!ephemeral) return Errc::malformed_message;
  if (!hello.has_static_() && !hello.has_payload()) return answer_xx(NoisePattern::kXX, *ephemeral);

  if (settings_.accept_ik) {
    if (auto accepted = try_ik({*ephemeral, to_bytes(hello.static_()), to_bytes(hello.payload())})) {
      return std::move(*accepted);
    }
  }
  return answer_xx(NoisePattern::kXXFallback, *ephemeral);
}

std::optional<ServerHandshake::Step> ServerHandshake::try_ik(const Hello& hello) {
  if (hello.sealed_static.size() != kSealedKeySize) return std::nullopt;
  state_ = SymmetricState(NoisePattern::kIK);
  state_.mix_hash(kIntro);
  state_.mix_hash(identity_.static_key.pub);
  state_.mix_hash(hello.ephemeral);
  if (!state_.mix_dh(identity_.static_key.priv, hello.ephemeral)) return std::nullopt;
  const auto opened = state_.decrypt_and_hash(hello.sealed_static);
  if (!opened) return std::nullopt;
  const auto client_key = exactly<32>(*opened);
  if (!client_key) return std::nullopt;
  if (!state_.mix_dh(identity_.static_key.priv, *client_key)) return std::nullopt;
  auto client_payload = state_.decrypt_and_hash(hello.sealed_payload);
  if (!client_payload) return std::nullopt;

  state_.mix_hash(ephemeral_.pub);
  if (!state_.mix_dh(ephemeral_.priv, hello.ephemeral) || !state_.mix_dh(ephemeral_.priv, *client_key)) {
    return std::nullopt;
  }
  wire::HandshakeMessage message;
  auto& answer = *message.mutable_server_hello();  // without a static key: that is how the client knows
  answer.set_ephemeral(to_field(ephemeral_.pub));
  answer.set_payload(to_field(state_.encrypt_and_hash(identity_.chain)));
  const auto keys = state_.split();
  return Done{framed(message), TransportCipher(keys.server_to_client, keys.client_to_server), *client_key,
              std::move(*client_payload), NoisePattern::kIK};
}

Result<ServerHandshake::Step> ServerHandshake::answer_xx(NoisePattern pattern, const Key32& client_ephemeral) {
  pattern_ = pattern;
  state_ = SymmetricState(pattern);
  state_.mix_hash(kIntro);
  state_.mix_hash(client_ephemeral);
  state_.mix_hash(ephemeral_.pub);
  LK_CHECK(state_.mix_dh(ephemeral_.priv, client_ephemeral));

  wire::HandshakeMessage message;
  auto& answer = *message.mutable_server_hello();
  answer.set_ephemeral(to_field(ephemeral_.pub));
  answer.set_static_(to_field(state_.encrypt_and_hash(identity_.static_key.pub)));
  LK_CHECK(state_.mix_dh(identity_.static_key.priv, client_ephemeral));
  answer.set_payload(to_field(state_.encrypt_and_hash(identity_.chain)));
  stage_ = Stage::kFinish;
  return Step(Send{framed(message)});
}

Result<ServerHandshake::Step> ServerHandshake::on_client_finish(ByteView payload) {
  const auto message = parse_handshake(payload);
  if (!message || !message->has_client_finish()) return Errc::malformed_message;
  const auto& finish = message->client_finish();
  if (finish.static_().size() != kSealedKeySize || finish.payload().size() < kTagSize) return Errc::malformed_message;
  LK_TRY(const Bytes opened, state_.decrypt_and_hash(as_bytes(finish.static_())));
  const auto client_key = exactly<32>(opened);
  if (!client_key) return Errc::malformed_message;
  LK_CHECK(state_.mix_dh(ephemeral_.priv, *client_key));
  LK_TRY(Bytes client_payload, state_.decrypt_and_hash(as_bytes(finish.payload())));
  const auto keys = state_.split();
  return Step(Done{{},
                   TransportCipher(keys.server_to_client, keys.client_to_server),
                   *client_key,
                   std::move(client_payload),
                   pattern_});
}

}  // namespace linekeeper::transport
