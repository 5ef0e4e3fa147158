#include "linekeeper/net/websocket.hpp"

#include "linekeeper/base/errc.hpp"
#include "loop.hpp"

namespace linekeeper::net {
namespace {

/// What a client must send, masked with zeros so that the payload stays readable.
Bytes client_frame(std::uint8_t first_byte, ByteView payload) {
  Bytes out{first_byte};
  if (payload.size() < 126) {
    out.push_back(static_cast<std::uint8_t>(0x80 | payload.size()));
  } else {
    out.push_back(0x80 | 126);
    put_be(out, payload.size(), 2);
  }
  append(out, Bytes(4, 0));
  append(out, payload);
  return out;
}

class WebSocketTest : public ::testing::Test {
 protected:
  /// A server-side WebSocket and the bare stream of its peer.
  void open_raw() {
    Ends ends = make_ends(loop_);
    raw_ = std::move(ends.client);
    server_ = WebSocket::over_server(std::move(ends.server), {});
  }
  /// Two WebSockets over plain TCP.
  void open_pair() {
    Ends ends = make_ends(loop_);
    client_ = WebSocket::over_client(std::move(ends.client), {});
    server_ = WebSocket::over_server(std::move(ends.server), {});
  }
  void send_raw(ByteView bytes) { ASSERT_TRUE(loop_.run(raw_.write(bytes, patient()))); }

  Loop loop_;
  Socket raw_;
  WebSocket client_;
  WebSocket server_;
};

TEST_F(WebSocketTest, CarriesMessagesBothWaysInOrder) {
  open_pair();
  for (const char* text : {"one", "two", "", "four"})
    ASSERT_TRUE(loop_.run(client_.write(to_bytes(text))));
  for (const char* text : {"one", "two", "", "four"})
    EXPECT_EQ(to_text(loop_.run(server_.read(patient())).value()), text);
  ASSERT_TRUE(loop_.run(server_.write(to_bytes("back"))));
  EXPECT_EQ(to_text(loop_.run(client_.read(patient())).value()), "back");
}

TEST_F(WebSocketTest, CarriesTheLargestMessageAndNoLarger) {
  open_pair();
  const Bytes largest(WebSocket::kMaxMessage, 7);
  auto reading = loop_.start(server_.read(patient()));
  EXPECT_TRUE(loop_.run(client_.write(largest, patient())));
  EXPECT_EQ(loop_.result_of(reading).value(), largest);
  EXPECT_EQ(loop_.run(client_.write(Bytes(WebSocket::kMaxMessage + 1))).error(), Errc::too_large);
}

TEST_F(WebSocketTest, WritesOfSeveralCoroutinesKeepTheirOrder) {
  open_pair();
  std::vector<Loop::Started<Result<void>>> writes;
  for (std::uint8_t i = 0; i < 20; ++i)
    writes.push_back(loop_.start(client_.write(Bytes(300'000, i), patient())));
  for (std::uint8_t i = 0; i < 20; ++i)
    EXPECT_EQ(loop_.run(server_.read(patient())).value(), Bytes(300'000, i));
  for (const auto& write : writes)
    EXPECT_TRUE(loop_.result_of(write));
}

TEST_F(WebSocketTest, WritersBeyondTheBoundWaitAndGetThrough) {
  open_pair();
  std::vector<Loop::Started<Result<void>>> writes;
  for (std::uint8_t i = 0; i < 4; ++i)
    writes.push_back(loop_.start(client_.write(Bytes(15 << 20, i), patient())));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(loop_.run(server_.read(patient())).value().size(), 15U << 20);
  for (const auto& write : writes)
    EXPECT_TRUE(loop_.result_of(write));
}

TEST_F(WebSocketTest, JoinsFragmentsAroundAPing) {
  open_raw();
  send_raw(client_frame(0x02, as_bytes("Hel")));
  send_raw(client_frame(0x89, as_bytes("?")));
  send_raw(client_frame(0x00, as_bytes("lo ")));
  send_raw(client_frame(0x80, as_bytes("you")));
  EXPECT_EQ(to_text(loop_.run(server_.read(patient())).value()), "Hello you");
  EXPECT_EQ(to_hex(as_bytes(loop_.run(read_exactly(raw_, 3)))), "8a013f");  // the pong
}

TEST_F(WebSocketTest, TakesFramesByteByByte) {
  open_raw();
  const std::string text(200, 'b');
  auto reading = loop_.start(server_.read(patient()));
  for (const std::uint8_t byte : client_frame(0x82, as_bytes(text)))
    send_raw(ByteView(&byte, 1));
  EXPECT_EQ(to_text(loop_.result_of(reading).value()), text);
}

TEST_F(WebSocketTest, RefusesTextWith1003) {
  open_raw();
  send_raw(client_frame(0x82, as_bytes("good")));
  send_raw(client_frame(0x81, as_bytes("text")));
  EXPECT_EQ(to_text(loop_.run(server_.read(patient())).value()), "good");
  auto reading = loop_.start(server_.read(patient()));
  EXPECT_EQ(to_hex(as_bytes(loop_.run(read_exactly(raw_, 4)))), "880203eb");
  raw_.close_now();
  EXPECT_EQ(loop_.result_of(reading).error(), Errc::malformed_frame);
  EXPECT_FALSE(server_.is_open());
  EXPECT_EQ(loop_.run(server_.write(to_bytes("late"))).error(), Errc::malformed_frame);
}

TEST_F(WebSocketTest, RefusesAnOversizedClaimWith1009AtItsFirstByte) {
  open_raw();
  Bytes claim{0x82, 0xff};
  put_be(claim, WebSocket::kMaxMessage + 1, 8);
  append(claim, Bytes(5, 0));  // the mask and one byte
  send_raw(claim);
  auto reading = loop_.start(server_.read(patient()));
  EXPECT_EQ(to_hex(as_bytes(loop_.run(read_exactly(raw_, 4)))), "880203f1");
  raw_.close_now();
  EXPECT_EQ(loop_.result_of(reading).error(), Errc::too_large);
}

TEST_F(WebSocketTest, RefusesFragmentsThatAddUpToTooMuch) {
  open_raw();
  const std::string part(65'000, 'p');
  auto reading = loop_.start(server_.read(patient()));
  auto flood = [](Socket& socket, std::string payload) -> awaitable<int> {
    int sent = 0;
    for (; sent < 300; ++sent) {
      const Bytes frame = client_frame(sent == 0 ? 0x02 : 0x00, as_bytes(payload));
      const auto written = co_await socket.write(frame, patient());
      if (!written) break;
    }
    co_return sent;
  };
  auto flooding = loop_.start(flood(raw_, part));
  EXPECT_EQ(to_hex(as_bytes(loop_.run(read_exactly(raw_, 4)))), "880203f1");
  EXPECT_EQ(loop_.result_of(flooding), 300);
  raw_.close_now();
  EXPECT_EQ(loop_.result_of(reading).error(), Errc::too_large);
}

TEST_F(WebSocketTest, AnswersBrokenFramesWithACloseFrame) {
  const std::vector<std::pair<std::string, Bytes>> broken{
      {"unmasked from a client", Bytes{0x82, 0x01, 'x'}},
      {"reserved bit", client_frame(0xc2, as_bytes("x"))},
      {"unknown opcode", client_frame(0x83, as_bytes("x"))},
      {"continuation of nothing", client_frame(0x80, as_bytes("x"))},
      {"fragmented ping", client_frame(0x09, as_bytes("x"))},
      {"long ping", client_frame(0x89, as_bytes(std::string(126, 'x')))},
      {"close with one byte", client_frame(0x88, as_bytes("x"))},
  };
  for (const auto& [name, bytes] : broken) {
    SCOPED_TRACE(name);
    open_raw();
    send_raw(bytes);
    auto reading = loop_.start(server_.read(patient()));
    EXPECT_EQ(to_hex(as_bytes(loop_.run(read_exactly(raw_, 1)))), "88");
    raw_.close_now();
    const auto ended = loop_.result_of(reading);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error(), name == "close with one byte" ? Errc::connection_lost : Errc::malformed_frame);
    EXPECT_FALSE(server_.is_open());
  }
}

TEST_F(WebSocketTest, PingIsAnsweredAndItsPongSwallowed) {
  open_pair();
  auto at_server = loop_.start(server_.read(patient()));
  ASSERT_TRUE(loop_.run(client_.ping(to_bytes("are you there"))));
  ASSERT_TRUE(loop_.run(client_.write(to_bytes("message"))));
  EXPECT_EQ(to_text(loop_.result_of(at_server).value()), "message");
  ASSERT_TRUE(loop_.run(server_.write(to_bytes("reply"))));
  EXPECT_EQ(to_text(loop_.run(client_.read(patient())).value()), "reply");
}

TEST_F(WebSocketTest, PeerThatPingsWithoutReadingIsDroppedNotBuffered) {
  open_raw();
  auto reading = loop_.start(server_.read(Deadline::never()));
  auto flood = [](Socket& socket) -> awaitable<bool> {
    Bytes pings;
    for (int i = 0; i < 1000; ++i)
      append(pings, client_frame(0x89, as_bytes(std::string(125, '?'))));
    for (int i = 0; i < 1000; ++i) {
      const auto written = co_await socket.write(pings, patient());
      if (!written) co_return false;
    }
    co_return true;
  };
  EXPECT_FALSE(loop_.run(flood(raw_)));
  EXPECT_EQ(loop_.result_of(reading).error(), Errc::connection_lost);
}

TEST_F(WebSocketTest, CloseIsAnsweredAndItsCodeKnown) {
  open_pair();
  auto at_server = loop_.start(server_.read(patient()));
  EXPECT_TRUE(loop_.run(client_.close(4001, patient())));
  EXPECT_EQ(loop_.result_of(at_server).error(), Errc::connection_lost);
  EXPECT_EQ(server_.close_code(), 4001);
  EXPECT_FALSE(client_.is_open());
  EXPECT_FALSE(server_.is_open());
}

TEST_F(WebSocketTest, CloseWhileReadingEndsTheRead) {
  open_pair();
  auto at_client = loop_.start(client_.read(patient()));
  auto at_server = loop_.start(server_.read(patient()));
  EXPECT_TRUE(loop_.run(client_.close(1000, patient())));
  EXPECT_EQ(loop_.result_of(at_client).error(), Errc::connection_lost);
  EXPECT_EQ(loop_.result_of(at_server).error(), Errc::connection_lost);
}

TEST_F(WebSocketTest, CloseWithoutAnAnswerEndsAtTheDeadline) {
  open_raw();
  EXPECT_EQ(loop_.run(server_.close(1000, soon())).error(), Errc::timed_out);
  EXPECT_FALSE(server_.is_open());
  open_raw();
  auto reading = loop_.start(server_.read(patient()));
  EXPECT_EQ(loop_.run(server_.close(1000, soon())).error(), Errc::timed_out);
  EXPECT_FALSE(loop_.result_of(reading));
}

TEST_F(WebSocketTest, CloseNowWhileReading) {
  open_pair();
  auto reading = loop_.start(client_.read());
  asio::post(loop_.context, [&] { client_.close_now(); });
  EXPECT_EQ(loop_.result_of(reading).error(), Errc::cancelled);
  EXPECT_EQ(loop_.run(server_.read(patient())).error(), Errc::connection_lost);
  EXPECT_EQ(server_.close_code(), 0);
}

TEST_F(WebSocketTest, ReadThatTimesOutLosesNothing) {
  open_raw();
  const Bytes frame = client_frame(0x82, as_bytes("whole"));
  send_raw(ByteView(frame).first(7));
  EXPECT_EQ(loop_.run(server_.read(soon())).error(), Errc::timed_out);
  send_raw(ByteView(frame).subspan(7));
  EXPECT_EQ(to_text(loop_.run(server_.read(patient())).value()), "whole");
}

TEST_F(WebSocketTest, VanishedPeerIsAConnectionLost) {
  open_raw();
  send_raw(ByteView(client_frame(0x82, as_bytes("whole"))).first(7));
  raw_.close_now();
  EXPECT_EQ(loop_.run(server_.read(patient())).error(), Errc::connection_lost);
}

/// Reads a request's head, answers with fixed text, and keeps the connection.
class UpgradeTest : public ::testing::Test {
 protected:
  struct Served {
    Socket socket;
    std::string request;
  };

  static awaitable<Served> serve(Listener& listener, std::string answer) {
    auto accepted = co_await listener.accept();
    Served served{std::move(accepted.value()), {}};
    while (served.request.find("\r\n\r\n") == std::string::npos) {
      std::array<std::uint8_t, 1024> chunk;
      const auto got = co_await served.socket.read_some(chunk, patient());
      if (!got) co_return served;
      served.request.append(as_text(ByteView(chunk).first(*got)));
    }
    const auto written = co_await served.socket.write(as_bytes(answer), patient());
    if (!written) served.socket.close_now();
    co_return served;
  }

  Result<WebSocket> connect_to(const std::string& answer, Headers extra = {}) {
    Listener listener = listen_on_loopback(loop_);
    auto serving = loop_.start(serve(listener, answer));
    const Url url = Url::parse("ws://127.0.0.1:" + std::to_string(listener.port()) + "/ws/chat?ED=1").value();
    auto result =
        loop_.run(connect_websocket(url, tls_, std::move(extra), Deadline::after(std::chrono::seconds(2)), &report_));
    served_ = loop_.result_of(serving);
    return result;
  }

  Loop loop_;
  TlsContext tls_ = TlsContext::client("insecure").value();
  ConnectReport report_;
  Served served_;
};

TEST_F(UpgradeTest, RefusalGivesItsHttpStatus) {
  EXPECT_EQ(connect_to("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n").error(), Errc::connect_refused);
  EXPECT_EQ(report_.http_status, 403);
  EXPECT_NE(report_.detail.find("403"), std::string::npos);
}

TEST_F(UpgradeTest, RequestNamesOriginHostAndTarget) {
  EXPECT_FALSE(connect_to("HTTP/1.1 500 No\r\n\r\n", {{"User-Agent", "test"}}));
  EXPECT_TRUE(served_.request.starts_with("GET /ws/chat?ED=1 HTTP/1.1\r\nHost: 127.0.0.1:")) << served_.request;
  EXPECT_NE(served_.request.find("\r\nOrigin: https://web.whatsapp.com\r\n"), std::string::npos);
  EXPECT_NE(served_.request.find("\r\nUser-Agent: test\r\n"), std::string::npos);
  EXPECT_EQ(served_.request.find("Sec-WebSocket-Extensions"), std::string::npos);
}

TEST_F(UpgradeTest, GivenOriginReplacesOurs) {
  EXPECT_FALSE(connect_to("HTTP/1.1 500 No\r\n\r\n", {{"origin", "https://other.example"}}));
  EXPECT_EQ(served_.request.find("web.whatsapp.com"), std::string::npos);
}

TEST_F(UpgradeTest, WrongKeyIsRefusedAlthoughTheStatusIs101) {
  EXPECT_EQ(connect_to("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n")
                .error(),
            Errc::connect_refused);
  EXPECT_EQ(report_.http_status, 101);
}

TEST_F(UpgradeTest, AnswerThatIsNoHttpIsMalformed) {
  for (const char* answer : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 xyz\r\n\r\n", "HTTP/1.1 101\r\nno colon\r\n\r\n"}) {
    SCOPED_TRACE(answer);
    EXPECT_EQ(connect_to(answer).error(), Errc::malformed_frame);
  }
}

TEST_F(UpgradeTest, EndlessHeadIsCutOff) {
  EXPECT_EQ(connect_to("HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x')).error(), Errc::too_large);
}

TEST_F(UpgradeTest, SilentServerEndsAtTheDeadline) {
  EXPECT_EQ(connect_to("").error(), Errc::timed_out);
}

TEST_F(UpgradeTest, HeaderWithALineBreakNeverLeaves) {
  Listener listener = listen_on_loopback(loop_);
  auto accepting = loop_.start(listener.accept());
  const Url url = Url::parse("ws://127.0.0.1:" + std::to_string(listener.port())).value();
  EXPECT_EQ(loop_.run(connect_websocket(url, tls_, {{"X", "a\r\nb: c"}}, patient())).error(), Errc::invalid_argument);
}

class AcceptUpgradeTest : public ::testing::Test {
 protected:
  std::string answer_to(Headers request) {
    Loop loop;
    Ends ends = make_ends(loop);
    auto accepted = loop.run(accept_websocket(std::move(ends.server), {}, std::move(request), patient()));
    EXPECT_FALSE(accepted);
    return loop.run(read_exactly(ends.client, 12));
  }
};

TEST_F(AcceptUpgradeTest, RefusesWhatIsNoUpgrade) {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
  EXPECT_EQ(answer_to({{"Sec-WebSocket-Key", key}, {"Sec-WebSocket-Version", "13"}}), "HTTP/1.1 426");
  EXPECT_EQ(answer_to({{"Upgrade", "websocket"},
                       {"Connection", "Upgrade"},
                       {"Sec-WebSocket-Key", key},
                       {"Sec-WebSocket-Version", "8"}}),
            "HTTP/1.1 426");
  EXPECT_EQ(answer_to({{"Upgrade", "websocket"},
                       {"Connection", "Upgrade"},
                       {"Sec-WebSocket-Key", "short"},
                       {"Sec-WebSocket-Version", "13"}}),
            "HTTP/1.1 400");
}

TEST_F(AcceptUpgradeTest, AnswersTheKeyOfTheStandardsExample) {
  Loop loop;
  Ends ends = make_ends(loop);
  const Headers request{{"Upgrade", "websocket"},
                        {"Connection", "keep-alive, Upgrade"},
                        {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                        {"Sec-WebSocket-Version", "13"}};
  auto accepted =
      loop.run(accept_websocket(std::move(ends.server), client_frame(0x82, as_bytes("early")), request, patient()));
  ASSERT_TRUE(accepted);
  const std::string answer = loop.run(read_exactly(ends.client, 129));
  EXPECT_NE(answer.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos) << answer;
  EXPECT_EQ(to_text(loop.run(accepted->read(patient())).value()), "early");
}

}  // namespace
}  // namespace linekeeper::net
