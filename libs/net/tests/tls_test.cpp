#include "linekeeper/base/errc.hpp"
#include "loop.hpp"

namespace linekeeper::net {
namespace {

class TlsTest : public ::testing::Test {
 protected:
  struct Outcome {
    Result<Socket> client;
    Result<Socket> server;
    ConnectReport report;
  };

  static awaitable<Result<Socket>> accept_one(Listener& listener, TlsContext tls) {
    auto plain = co_await listener.accept();
    if (!plain) co_return plain.error();
    auto secured = co_await accept_plain_or_tls(std::move(*plain), std::move(tls), patient());
    co_return std::move(secured);
  }

  Outcome handshake(const std::string& host, TlsContext client_side) {
    Listener listener = listen_on_loopback(loop_);
    auto accepting = loop_.start(accept_one(listener, server_));
    ConnectReport report;
    auto client = loop_.run(connect_tls(host, listener.port(), std::move(client_side), patient(), &report));
    return Outcome{std::move(client), loop_.result_of(accepting), report};
  }

  Loop loop_;
  Certificate certificate_ = make_self_signed();
  TlsContext server_ = TlsContext::server(certificate_).value();
  TlsContext trusting_ = TlsContext::client_trusting(certificate_.certificate_pem).value();
};

TEST_F(TlsTest, CarriesBytesBothWaysAfterAVerifiedHandshake) {
  Outcome ends = handshake("127.0.0.1", trusting_);
  ASSERT_TRUE(ends.client) << ends.report.detail;
  ASSERT_TRUE(ends.server);
  EXPECT_TRUE(ends.client->tls());
  ASSERT_TRUE(loop_.run(ends.client->write(as_bytes("ping"))));
  EXPECT_EQ(loop_.run(read_exactly(*ends.server, 4)), "ping");
  const std::string big(4 << 20, 'x');
  auto up = loop_.start(ends.client->write(as_bytes(big), patient()));
  auto down = loop_.start(ends.server->write(as_bytes(big), patient()));
  auto at_server = loop_.start(read_exactly(*ends.server, big.size()));
  EXPECT_EQ(loop_.run(read_exactly(*ends.client, big.size())), big);
  EXPECT_EQ(loop_.result_of(at_server), big);
  EXPECT_TRUE(loop_.result_of(up));
  EXPECT_TRUE(loop_.result_of(down));
}

TEST_F(TlsTest, NamesAreVerifiedAsWellAsAddresses) {
  const Outcome ends = handshake("localhost", trusting_);
  EXPECT_TRUE(ends.client) << ends.report.detail;
}

TEST_F(TlsTest, WhatIsRememberedIsResumedAndKeepsCarryingBytes) {
  const TlsContext client = trusting_.remembering();
  for (int connection = 0; connection < 4; ++connection) {
    SCOPED_TRACE(connection);
    Outcome ends = handshake("localhost", client);
    ASSERT_TRUE(ends.client) << ends.report.detail;
    EXPECT_EQ(ends.client->tls_resumed(), connection > 0);
    EXPECT_EQ(ends.server->tls_resumed(), connection > 0);
    // The ticket for the next time comes with the first bytes.
    ASSERT_TRUE(loop_.run(ends.server->write(as_bytes("hello"))));
    EXPECT_EQ(loop_.run(read_exactly(*ends.client, 5)), "hello");
    ASSERT_TRUE(loop_.run(ends.client->write(as_bytes("ping"))));
    EXPECT_EQ(loop_.run(read_exactly(*ends.server, 4)), "ping");
  }
  EXPECT_FALSE(handshake("127.0.0.1", client).client->tls_resumed()) << "another name is verified anew";
  EXPECT_FALSE(handshake("localhost", trusting_).client->tls_resumed()) << "others remember nothing";
}

TEST_F(TlsTest, AServerThatForgotIsMetWithAFullHandshake) {
  const TlsContext client = trusting_.remembering();
  for (int connection = 0; connection < 2; ++connection) {
    Outcome ends = handshake("localhost", client);
    ASSERT_TRUE(ends.client) << ends.report.detail;
    EXPECT_FALSE(ends.client->tls_resumed());
    ASSERT_TRUE(loop_.run(ends.server->write(as_bytes("x"))));
    EXPECT_EQ(loop_.run(read_exactly(*ends.client, 1)), "x");
    server_ = TlsContext::server(certificate_).value();  // Another ticket key.
  }
}

TEST_F(TlsTest, UnknownAuthorityIsRefused) {
  const Outcome ends = handshake("127.0.0.1", TlsContext::client_trusting(make_self_signed().certificate_pem).value());
  ASSERT_FALSE(ends.client);
  EXPECT_EQ(ends.client.error(), Errc::tls_failed);
  EXPECT_FALSE(ends.report.detail.empty());
}

TEST_F(TlsTest, SystemStoreDoesNotKnowASelfSignedCertificate) {
  EXPECT_EQ(handshake("127.0.0.1", TlsContext::client("").value()).client.error(), Errc::tls_failed);
}

TEST_F(TlsTest, CertificateForAnotherAddressIsRefused) {
  // 127.0.0.2 reaches the same listener if that listens on all of loopback; the certificate does not name it.
  auto listener = Listener::listen(loop_.executor(), HostPort{"127.0.0.2", 0}).value();
  auto accepting = loop_.start(accept_one(listener, server_));
  ConnectReport report;
  const auto client = loop_.run(connect_tls("127.0.0.2", listener.port(), trusting_, patient(), &report));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error(), Errc::tls_failed);
  EXPECT_NE(report.detail.find("IP address mismatch"), std::string::npos) << report.detail;
  EXPECT_FALSE(loop_.result_of(accepting));
}

TEST_F(TlsTest, InsecureWorksOnLoopback) {
  EXPECT_TRUE(handshake("127.0.0.1", TlsContext::client("insecure").value()).client);
}

TEST_F(TlsTest, InsecureIsRefusedOffLoopbackBeforeAnythingIsSent) {
  ConnectReport report;
  const auto client =
      loop_.run(connect_tls("192.0.2.1", 443, TlsContext::client_insecure().value(), patient(), &report));
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error(), Errc::invalid_argument);
  EXPECT_NE(report.detail.find("loopback"), std::string::npos);
}

TEST_F(TlsTest, PlainClientIsServedOnTheSamePort) {
  Listener listener = listen_on_loopback(loop_);
  auto accepting = loop_.start(accept_one(listener, server_));
  auto client = loop_.run(connect_plain("127.0.0.1", listener.port(), patient())).value();
  ASSERT_TRUE(loop_.run(client.write(as_bytes("GET"))));
  auto server = loop_.result_of(accepting);
  ASSERT_TRUE(server);
  EXPECT_FALSE(server->tls());
  EXPECT_EQ(loop_.run(read_exactly(*server, 3)), "GET");
}

TEST_F(TlsTest, HandshakeWithASilentServerEndsAtTheDeadline) {
  Listener listener = listen_on_loopback(loop_);
  auto accepting = loop_.start(listener.accept());
  const auto client =
      loop_.run(connect_tls("127.0.0.1", listener.port(), trusting_, Deadline::after(std::chrono::milliseconds(100))));
  EXPECT_EQ(client.error(), Errc::timed_out);
}

TEST_F(TlsTest, HandshakeWithASilentClientEndsAtTheDeadline) {
  Ends ends = make_ends(loop_);
  EXPECT_EQ(loop_.run(accept_tls(std::move(ends.server), server_, soon())).error(), Errc::timed_out);
}

TEST_F(TlsTest, GarbageInsteadOfAHandshakeIsRefused) {
  Ends ends = make_ends(loop_);
  ASSERT_TRUE(loop_.run(ends.client.write(as_bytes("\x16 this is not TLS, whatever its first byte says"))));
  EXPECT_EQ(loop_.run(accept_plain_or_tls(std::move(ends.server), server_, patient())).error(), Errc::tls_failed);
}

TEST_F(TlsTest, PeerThatVanishesDuringTheHandshakeIsAConnectionLost) {
  Ends ends = make_ends(loop_);
  auto accepting = loop_.start(accept_tls(std::move(ends.server), server_, patient()));
  ASSERT_TRUE(loop_.run(ends.client.write(as_bytes("\x16\x03\x01"))));
  ends.client.close_now();
  EXPECT_EQ(loop_.result_of(accepting).error(), Errc::connection_lost);
}

TEST_F(TlsTest, DeadlineCloseNowAndVanishedPeerAsOnAPlainStream) {
  Outcome ends = handshake("127.0.0.1", trusting_);
  ASSERT_TRUE(ends.client);
  std::array<std::uint8_t, 8> into;
  EXPECT_EQ(loop_.run(ends.client->read_some(into, soon())).error(), Errc::timed_out);
  auto reading = loop_.start(ends.client->read_some(into));
  asio::post(loop_.context, [&] { ends.client->close_now(); });
  EXPECT_EQ(loop_.result_of(reading).error(), Errc::cancelled);
  EXPECT_EQ(loop_.run(ends.server->read_some(into, patient())).error(), Errc::connection_lost);
}

TEST_F(TlsTest, OrderlyEndOfOneHalfIsSeenByTheOther) {
  Outcome ends = handshake("127.0.0.1", trusting_);
  ASSERT_TRUE(ends.client && ends.server);
  ends.client->shutdown_write();
  std::array<std::uint8_t, 8> into;
  EXPECT_EQ(loop_.run(ends.server->read_some(into, patient())).error(), Errc::connection_lost);
}

TEST(TlsContextTest, KeyOfAnotherCertificateIsRefused) {
  Certificate mixed = make_self_signed();
  mixed.key_pem = make_self_signed().key_pem;
  EXPECT_EQ(TlsContext::server(mixed).error(), Errc::invalid_argument);
  EXPECT_EQ(TlsContext::server(Certificate{"", Secret<std::string>("")}).error(), Errc::invalid_argument);
}

TEST(TlsContextTest, UnreadableAuthorityFileIsRefused) {
  EXPECT_EQ(TlsContext::client("/nowhere/ca.pem").error(), Errc::invalid_argument);
  EXPECT_EQ(TlsContext::client_trusting("no certificate").error(), Errc::invalid_argument);
}

}  // namespace
}  // namespace linekeeper::net
