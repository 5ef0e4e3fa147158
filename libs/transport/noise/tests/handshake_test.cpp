#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/noise/frame.hpp"
#include "linekeeper/noise/intro.hpp"
#include "noise_vectors.hpp"

namespace linekeeper::transport {
namespace {

std::string keys_of(const Json& vector) {
  return vector["final_h"].get<std::string>() + vector["final_ck"].get<std::string>();
}
std::string keys_of(const SymmetricState& state) {
  return to_hex(state.hash()) + to_hex(state.chaining_key().reveal());
}

/// Both directions of the vectors' traffic, so that keys and roles are the right way round.
void expect_traffic(const Json& vector, TransportCipher& client, TransportCipher& server) {
  for (const auto& m : vector["transport"]["client_to_server"]) {
    EXPECT_EQ(client.seal(unhex(m["plaintext"])).value(), unhex(m["ciphertext"]));
    EXPECT_EQ(server.open(unhex(m["ciphertext"])).value(), unhex(m["plaintext"]));
  }
  for (const auto& m : vector["transport"]["server_to_client"]) {
    EXPECT_EQ(server.seal(unhex(m["plaintext"])).value(), unhex(m["ciphertext"]));
    EXPECT_EQ(client.open(unhex(m["ciphertext"])).value(), unhex(m["plaintext"]));
  }
}

class XXHandshakeTest : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Vectors, XXHandshakeTest, ::testing::Values("xx_login", "xx_registration"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(XXHandshakeTest, SaysExactlyWhatTheVectorsSay) {
  const auto& vector = noise_vectors()[GetParam()];
  ClientHandshake client(vector_client(vector["client_finish"]["payload_plaintext"]));
  ServerHandshake server = vector_server();

  EXPECT_EQ(client.start(), unhex(vector["client_hello"]["websocket_message"]));
  const auto hello = server.on_frame(unhex(vector["client_hello"]["protobuf"]));
  ASSERT_TRUE(hello && std::holds_alternative<ServerHandshake::Send>(*hello));
  EXPECT_EQ(std::get<ServerHandshake::Send>(*hello).message, unhex(vector["server_hello"]["websocket_message"]));

  auto done = client.on_server_hello(unhex(vector["server_hello"]["protobuf"]), kNow);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->message, unhex(vector["client_finish"]["websocket_message"]));
  EXPECT_EQ(done->server.leaf.serial, 17U);
  auto accepted = server.on_frame(unhex(vector["client_finish"]["protobuf"]));
  ASSERT_TRUE(accepted && std::holds_alternative<ServerHandshake::Done>(*accepted));
  auto& logged_in = std::get<ServerHandshake::Done>(*accepted);
  EXPECT_TRUE(logged_in.message.empty());
  EXPECT_EQ(logged_in.client_key, vector_key("client_static").pub);
  EXPECT_EQ(logged_in.client_payload, unhex(vector["client_finish"]["payload_plaintext"]));
  EXPECT_EQ(logged_in.pattern, NoisePattern::kXX);

  EXPECT_EQ(keys_of(client.state()), keys_of(vector));
  EXPECT_EQ(keys_of(server.state()), keys_of(vector));
  expect_traffic(vector, done->cipher, logged_in.cipher);
}

TEST(ClientHandshakeTest, PutsRoutingInFrontAndLeavesTheTranscriptAlone) {
  const auto& edge = noise_vectors()["edge_routing"];
  auto settings = vector_login_client();
  settings.routing_info = unhex(edge["routing_info"]);
  ClientHandshake client(settings);
  EXPECT_EQ(client.start(), unhex(edge["first_websocket_message"]));
  const auto done = client.on_server_hello(unhex(noise_vectors()["xx_login"]["server_hello"]["protobuf"]), kNow);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->message, unhex(noise_vectors()["xx_login"]["client_finish"]["websocket_message"]));
}

TEST(ServerHandshakeTest, AcceptsTheIKHelloOfTheVectors) {
  const auto& vector = noise_vectors()["ik_login"];
  auto settings = vector_login_client();
  settings.server_key = vector_key("server_static").pub;
  ClientHandshake client(settings);
  ServerHandshake server = vector_server();

  EXPECT_EQ(client.start(), unhex(vector["client_hello"]["websocket_message"]));
  auto accepted = server.on_frame(unhex(vector["client_hello"]["protobuf"]));
  ASSERT_TRUE(accepted && std::holds_alternative<ServerHandshake::Done>(*accepted));
  auto& logged_in = std::get<ServerHandshake::Done>(*accepted);
  EXPECT_EQ(logged_in.message, unhex(vector["server_hello"]["websocket_message"]));
  EXPECT_EQ(logged_in.client_key, vector_key("client_static").pub);
  EXPECT_EQ(logged_in.client_payload, unhex(vector["client_hello"]["payload_plaintext"]));
  EXPECT_EQ(logged_in.pattern, NoisePattern::kIK);

  auto done = client.on_server_hello(without_header(logged_in.message), kNow);
  ASSERT_TRUE(done);
  EXPECT_TRUE(done->message.empty());
  EXPECT_EQ(keys_of(client.state()), keys_of(vector));
  EXPECT_EQ(keys_of(server.state()), keys_of(vector));
  expect_traffic(vector, done->cipher, logged_in.cipher);
}

/// A client that remembers `server_key` against the server of the vectors.
void expect_fallback(ServerHandshake server, const Key32& server_key) {
  const auto& vector = noise_vectors()["xxfallback_login"];
  auto settings = vector_login_client();
  settings.server_key = server_key;
  ClientHandshake client(settings);
  const auto hello = server.on_frame(ByteView(client.start()).subspan(kIntro.size() + kFrameHeaderSize));
  ASSERT_TRUE(hello && std::holds_alternative<ServerHandshake::Send>(*hello));
  const Bytes& answer = std::get<ServerHandshake::Send>(*hello).message;
  EXPECT_EQ(answer, unhex(vector["server_hello"]["websocket_message"]));

  auto done = client.on_server_hello(without_header(answer), kNow);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->message, unhex(vector["client_finish"]["websocket_message"]));
  auto accepted = server.on_frame(without_header(done->message));
  ASSERT_TRUE(accepted && std::holds_alternative<ServerHandshake::Done>(*accepted));
  auto& logged_in = std::get<ServerHandshake::Done>(*accepted);
  EXPECT_EQ(logged_in.pattern, NoisePattern::kXXFallback);
  EXPECT_EQ(keys_of(client.state()), keys_of(vector));
  expect_traffic(vector, done->cipher, logged_in.cipher);
}

TEST(ServerHandshakeTest, LeadsAClientWithAStaleKeyToXXfallback) {
  expect_fallback(vector_server(), vector_key("client_identity").pub);
}

TEST(ServerHandshakeTest, LeadsAClientWithAnUnusableKeyToXXfallback) {
  expect_fallback(vector_server(), Key32{});
}

TEST(ServerHandshakeTest, LeadsEveryIKClientToXXfallbackIfSoSet) {
  expect_fallback(ServerHandshake(vector_identity(), {.accept_ik = false, .ephemeral = vector_key("server_ephemeral")}),
                  vector_key("server_static").pub);
}

TEST(ServerHandshakeTest, AnswersTheFallbackHelloOfTheVectors) {
  const auto& vector = noise_vectors()["xxfallback_login"];
  const Bytes first = unhex(vector["client_hello"]["protobuf"]);
  auto settings = vector_login_client();
  settings.server_key = vector_key("server_static").pub;
  EXPECT_EQ(to_bytes(ByteView(ClientHandshake(settings).start()).subspan(kIntro.size() + kFrameHeaderSize)), first);

  ServerHandshake server(vector_identity(), {.accept_ik = false, .ephemeral = vector_key("server_ephemeral")});
  const auto hello = server.on_frame(first);
  ASSERT_TRUE(hello && std::holds_alternative<ServerHandshake::Send>(*hello));
  EXPECT_EQ(std::get<ServerHandshake::Send>(*hello).message, unhex(vector["server_hello"]["websocket_message"]));
}

TEST(ClientHandshakeTest, RefusesEveryBrokenCertificateChain) {
  CertificateCache cache;
  for (const auto& c : noise_vectors()["cert_chain_negative"]) {
    SCOPED_TRACE(c["name"].get<std::string>());
    for (CertificateCache* used : {static_cast<CertificateCache*>(nullptr), &cache}) {
      ClientHandshake client(vector_login_client());
      (void)client.start();
      const auto result = client.on_server_hello(unhex(c["server_hello_protobuf"]), kNow, used);
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error(), Errc::certificate_invalid);
    }
  }
}

TEST(ClientHandshakeTest, ChecksTheCertificatesOfAnIKAnswerToo) {
  auto settings = vector_login_client();
  settings.server_key = vector_key("server_static").pub;
  settings.root = kProductionNoiseRoot;
  ClientHandshake client(settings);
  (void)client.start();
  EXPECT_EQ(client.on_server_hello(unhex(noise_vectors()["ik_login"]["server_hello"]["protobuf"]), kNow).error(),
            Errc::certificate_invalid);
}

TEST(ClientHandshakeTest, RefusesAServerHelloCutAtAnyByte) {
  const Bytes hello = unhex(noise_vectors()["xx_login"]["server_hello"]["protobuf"]);
  for (std::size_t cut = 0; cut < hello.size(); ++cut) {
    ClientHandshake client(vector_login_client());
    (void)client.start();
    EXPECT_EQ(client.on_server_hello(ByteView(hello).first(cut), kNow).error(), Errc::malformed_message)
        << "cut at " << cut;
  }
}

TEST(ClientHandshakeTest, RefusesAServerHelloWithAnyBitFlipped) {
  const Bytes hello = unhex(noise_vectors()["xx_login"]["server_hello"]["protobuf"]);
  for (std::size_t bit = 0; bit < hello.size() * 8; ++bit) {
    Bytes broken = hello;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ClientHandshake client(vector_login_client());
    (void)client.start();
    const auto result = client.on_server_hello(broken, kNow);
    ASSERT_FALSE(result) << "bit " << bit;
    EXPECT_TRUE(result.error() == Errc::malformed_message || result.error() == Errc::decrypt_failed) << "bit " << bit;
  }
}

/// A server that has sent its hello and waits for ClientFinish.
ServerHandshake answered_server() {
  ServerHandshake server = vector_server();
  EXPECT_TRUE(server.on_frame(unhex(noise_vectors()["xx_login"]["client_hello"]["protobuf"])));
  return server;
}

TEST(ServerHandshakeTest, RefusesAClientFinishCutAtAnyByte) {
  const ServerHandshake waiting = answered_server();
  const Bytes finish = unhex(noise_vectors()["xx_login"]["client_finish"]["protobuf"]);
  for (std::size_t cut = 0; cut < finish.size(); ++cut) {
    ServerHandshake server = waiting;
    EXPECT_EQ(server.on_frame(ByteView(finish).first(cut)).error(), Errc::malformed_message) << "cut at " << cut;
  }
}

TEST(ServerHandshakeTest, RefusesAClientFinishWithAnyBitFlipped) {
  const ServerHandshake waiting = answered_server();
  const Bytes finish = unhex(noise_vectors()["xx_login"]["client_finish"]["protobuf"]);
  for (std::size_t bit = 0; bit < finish.size() * 8; ++bit) {
    Bytes broken = finish;
    broken[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    ServerHandshake server = waiting;
    const auto result = server.on_frame(broken);
    ASSERT_FALSE(result) << "bit " << bit;
    EXPECT_TRUE(result.error() == Errc::malformed_message || result.error() == Errc::decrypt_failed) << "bit " << bit;
  }
}

TEST(ServerHandshakeTest, RefusesAClientHelloCutAtAnyByte) {
  for (const char* name : {"xx_login", "ik_login"}) {
    const Bytes hello = unhex(noise_vectors()[name]["client_hello"]["protobuf"]);
    for (std::size_t cut = 0; cut < hello.size(); ++cut) {
      EXPECT_EQ(vector_server().on_frame(ByteView(hello).first(cut)).error(), Errc::malformed_message)
          << name << " cut at " << cut;
    }
  }
}

TEST(ServerHandshakeTest, RefusesAnEphemeralKeyThatForcesTheSecrets) {
  ServerHandshake server = vector_server();
  const Bytes hello = concat(*from_hex("12220a20"), Bytes(32));
  EXPECT_EQ(server.on_frame(hello).error(), Errc::decrypt_failed);
}

TEST(HandshakeTest, RefusesTheOtherSidesMessagesAndAnythingAfterTheEnd) {
  const auto& vector = noise_vectors()["xx_login"];
  ServerHandshake server = vector_server();
  EXPECT_EQ(server.on_frame(unhex(vector["client_finish"]["protobuf"])).error(), Errc::malformed_message);
  EXPECT_EQ(server.on_frame(unhex(vector["client_hello"]["protobuf"])).error(), Errc::malformed_message);
  ClientHandshake client(vector_login_client());
  (void)client.start();
  EXPECT_EQ(client.on_server_hello(unhex(vector["client_hello"]["protobuf"]), kNow).error(), Errc::malformed_message);
  EXPECT_EQ(client.on_server_hello(unhex(vector["server_hello"]["protobuf"]), kNow).error(), Errc::malformed_message);
}

TEST(HandshakeTest, IgnoresFieldsThatNewerPeersAdd) {
  const auto& vector = noise_vectors()["xx_login"];
  // useExtended = true and an extendedCiphertext inside ClientHello, an unknown field beside it.
  const Bytes plain = unhex(vector["client_hello"]["protobuf"]);
  Bytes extended =
      concat(*from_hex("1228"), ByteView(plain).subspan(2), *from_hex("20012a02abcd"), *from_hex("fa0100"));
  ServerHandshake server = vector_server();
  const auto hello = server.on_frame(extended);
  ASSERT_TRUE(hello && std::holds_alternative<ServerHandshake::Send>(*hello));
  EXPECT_EQ(std::get<ServerHandshake::Send>(*hello).message, unhex(vector["server_hello"]["websocket_message"]));
}

TEST(HandshakeTest, FreshKeysMeetEveryTime) {
  const auto root = crypto::generate_key_pair();
  const auto identity = issue_server_identity(root.priv, crypto::generate_key_pair(), kNow);
  CertificateCache cache;
  Bytes last;
  for (int i = 0; i < 3; ++i) {
    ClientHandshake client({.noise_key = crypto::generate_key_pair(),
                            .client_payload = to_bytes("login"),
                            .root = root.pub,
                            .routing_info = {},
                            .ephemeral = {},
                            .server_key = {}});
    ServerHandshake server(identity);
    const Bytes first = client.start();
    EXPECT_NE(first, last);
    last = first;
    const auto hello = server.on_frame(ByteView(first).subspan(kIntro.size() + kFrameHeaderSize));
    ASSERT_TRUE(hello);
    auto done = client.on_server_hello(without_header(std::get<ServerHandshake::Send>(*hello).message), kNow, &cache);
    ASSERT_TRUE(done);
    auto accepted = server.on_frame(without_header(done->message));
    ASSERT_TRUE(accepted);
    auto& logged_in = std::get<ServerHandshake::Done>(*accepted);
    EXPECT_EQ(logged_in.client_payload, to_bytes("login"));
    EXPECT_EQ(logged_in.cipher.open(done->cipher.seal(as_bytes("up")).value()).value(), to_bytes("up"));
    EXPECT_EQ(done->cipher.open(logged_in.cipher.seal(as_bytes("down")).value()).value(), to_bytes("down"));
  }
  EXPECT_EQ(cache.size(), 1U);
}

}  // namespace
}  // namespace linekeeper::transport
