#include "linekeeper/http/server.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>

#include "../../net/tests/loop.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/http/client.hpp"
#include "linekeeper/net/websocket.hpp"

namespace linekeeper::http {
namespace {

using net::Deadline;
using net::Loop;
using net::patient;
using net::Socket;
using net::Url;

awaitable<Response> answer(Request request) {
  if (request.path == "/throw") throw std::runtime_error("out of cheese");
  if (request.path == "/hello") {
    if (request.method != "GET" && request.method != "HEAD") co_return Response::text(405, "use GET\n");
    co_return Response::text(200, "hello " + std::string(request.parameter("name").value_or("you")));
  }
  if (request.path == "/echo") co_return Response{200, request.headers, std::move(request.body)};
  if (request.path == "/ä b") co_return Response::text(200, "decoded");
  if (request.path == "/empty") co_return Response{204, {}, {}};
  if (request.path == "/split") co_return Response{200, {{"X", "a\r\nY: b"}}, {}};
  co_return Response::text(404, "no such page\n");
}

/// Echoes WebSocket messages until the peer goes.
awaitable<void> echo_messages(Socket socket, Bytes leftover, Request request) {
  auto accepted = co_await net::accept_websocket(std::move(socket), std::move(leftover), request.headers, patient());
  if (!accepted) co_return;
  for (;;) {
    auto message = co_await accepted->read();
    if (!message) co_return;
    const auto written = co_await accepted->write(std::move(*message));
    if (!written) co_return;
  }
}

class ServerTest : public ::testing::Test {
 protected:
  void start(ServerSettings settings = {}, Handler handler = answer) {
    server_.emplace(Server::start(loop_.executor(), "127.0.0.1:0", std::move(handler), std::move(settings)).value());
  }

  Url url(const std::string& target, const std::string& scheme = "http") const {
    return Url::parse(scheme + "://" + server_->address() + target).value();
  }

  Result<Response> send(std::string method, const std::string& target, std::string body = {}) {
    Request request;
    request.method = std::move(method);
    request.body = std::move(body);
    return loop_.run(fetch(url(target), tls_, std::move(request), patient()));
  }

  Socket connect() { return loop_.run(net::connect_plain("127.0.0.1", server_->port(), patient())).value(); }

  static awaitable<std::string> talk(Socket& socket, std::string request) {
    const auto written = co_await socket.write(as_bytes(request), patient());
    if (!written) co_return "";
    std::string all = co_await net::read_exactly(socket, std::size_t{1} << 24);
    co_return all;
  }
  /// Sends exactly this and gives everything that comes until the server closes.
  std::string exchange(const std::string& request) {
    Socket socket = connect();
    return loop_.run(talk(socket, request));
  }

  Loop loop_;
  net::TlsContext tls_ = net::TlsContext::client("insecure").value();
  std::optional<Server> server_;
};

TEST_F(ServerTest, AnswersByPathMethodAndQuery) {
  start();
  const auto hello = send("GET", "/hello?x=1&name=J%C3%BCrgen+M");
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->status, 200U);
  EXPECT_EQ(hello->body, "hello Jürgen M");
  EXPECT_EQ(hello->header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(send("GET", "/nowhere")->status, 404U);
  EXPECT_EQ(send("POST", "/hello")->status, 405U);
  EXPECT_EQ(send("GET", "/%C3%A4%20b")->body, "decoded");
  EXPECT_EQ(send("GET", "/empty")->status, 204U);
}

TEST_F(ServerTest, CarriesABodyBothWays) {
  start();
  const std::string body(900'000, 'b');
  const auto echoed = loop_.run(post(url("/echo"), tls_, "application/x-test", body, patient()));
  ASSERT_TRUE(echoed);
  EXPECT_EQ(echoed->body, body);
  EXPECT_EQ(echoed->header("Content-Type"), "application/x-test");
}

TEST_F(ServerTest, TakesAChunkedBody) {
  start();
  const std::string got = exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n");
  EXPECT_TRUE(got.ends_with("\r\n\r\nhello world")) << got;
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  start();
  const auto head = send("HEAD", "/hello");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(head->header("Content-Length"), "9");
}

TEST_F(ServerTest, KeepsTheConnectionForPipelinedRequestsAndRefusesGarbageAfterThem) {
  start();
  const std::string got = exchange(
      "GET /hello?name=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /hello?name=2 HTTP/1.1\r\nHost: x\r\n\r\n\x01\x02 "
      "garbage\r\n\r\n");
  const auto first = got.find("hello 1");
  const auto second = got.find("hello 2");
  const auto refusal = got.find("HTTP/1.1 400");
  EXPECT_LT(first, second);
  EXPECT_LT(second, refusal);
  EXPECT_NE(refusal, std::string::npos) << got;
}

TEST_F(ServerTest, RefusesAHeadThatIsTooLarge) {
  start();
  EXPECT_TRUE(exchange("GET / HTTP/1.1\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n").starts_with("HTTP/1.1 431"));
}

TEST_F(ServerTest, RefusesABodyThatIsTooLargeHoweverItIsAnnounced) {
  ServerSettings settings;
  settings.max_body = 10;
  settings.body_limit = [](std::string_view, std::string_view path) { return path == "/echo" ? 20U : 10U; };
  start(settings);
  EXPECT_EQ(send("POST", "/hello", std::string(11, 'x'))->status, 413U);
  EXPECT_EQ(send("POST", "/echo", std::string(20, 'x'))->status, 200U);
  EXPECT_EQ(send("POST", "/echo", std::string(21, 'x'))->status, 413U);
  EXPECT_TRUE(exchange("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "a\r\n0123456789\r\nf\r\n0123456789abcde\r\n0\r\n\r\n")
                  .starts_with("HTTP/1.1 413"));
}

TEST_F(ServerTest, AnswersASlowHeadAndASlowBodyWith408) {
  ServerSettings settings;
  settings.head_timeout = std::chrono::milliseconds(50);
  settings.body_timeout = std::chrono::milliseconds(50);
  start(settings);
  EXPECT_TRUE(exchange("GET / HTTP/1.1\r\nHost").starts_with("HTTP/1.1 408"));
  EXPECT_TRUE(exchange("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab").starts_with("HTTP/1.1 408"));
}

TEST_F(ServerTest, ClosesAnIdleConnectionWithoutAWord) {
  ServerSettings settings;
  settings.idle_timeout = std::chrono::milliseconds(50);
  start(settings);
  EXPECT_EQ(exchange(""), "");
}

TEST_F(ServerTest, InvitesABodyThatWaitsForIt) {
  start();
  Socket socket = connect();
  ASSERT_TRUE(loop_.run(socket.write(
      as_bytes("POST /echo HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"))));
  EXPECT_EQ(loop_.run(net::read_exactly(socket, 25)), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(loop_.run(talk(socket, "ok")).ends_with("ok"));
}

TEST_F(ServerTest, HandlerThatThrowsOrAnswersNonsenseIsA500) {
  start();
  const auto thrown = send("GET", "/throw");
  EXPECT_EQ(thrown->status, 500U);
  EXPECT_EQ(thrown->body.find("cheese"), std::string::npos);
  EXPECT_EQ(send("GET", "/split")->status, 500U);
}

TEST_F(ServerTest, RefusesABrokenEscape) {
  start();
  EXPECT_EQ(send("GET", "/%zz")->status, 400U);
  EXPECT_EQ(send("GET", "/hello?name=%f")->status, 400U);
}

TEST_F(ServerTest, ClosesConnectionsBeyondItsLimit) {
  ServerSettings settings;
  settings.max_connections = 1;
  start(settings);
  Socket first = connect();
  EXPECT_EQ(exchange("GET /hello HTTP/1.1\r\n\r\n"), "");
  ASSERT_TRUE(loop_.run(first.write(as_bytes("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"))));
  EXPECT_TRUE(loop_.run(net::read_exactly(first, 1000)).starts_with("HTTP/1.1 200"));
}

TEST_F(ServerTest, SpeaksTlsAndPlainOnOnePort) {
  ServerSettings settings;
  settings.tls = net::TlsContext::server(net::make_self_signed()).value();
  settings.on_upgrade = echo_messages;
  start(settings);
  EXPECT_EQ(loop_.run(get(url("/hello", "https"), tls_, patient()))->body, "hello you");
  EXPECT_EQ(loop_.run(get(url("/hello", "http"), tls_, patient()))->body, "hello you");
  for (const char* scheme : {"ws", "wss"}) {
    SCOPED_TRACE(scheme);
    auto socket = loop_.run(net::connect_websocket(url("/ws/chat", scheme), tls_, {}, patient()));
    ASSERT_TRUE(socket);
    ASSERT_TRUE(loop_.run(socket->write(to_bytes("through"))));
    EXPECT_EQ(to_text(loop_.run(socket->read(patient())).value()), "through");
    EXPECT_TRUE(loop_.run(socket->close(1000, patient())));
  }
}

TEST_F(ServerTest, UpgradeWithoutAHookIsAnOrdinaryRequest) {
  start();
  net::ConnectReport report;
  EXPECT_EQ(loop_.run(net::connect_websocket(url("/ws/chat", "ws"), tls_, {}, patient(), &report)).error(),
            Errc::connect_refused);
  EXPECT_EQ(report.http_status, 404);
}

TEST_F(ServerTest, StopEndsIdleAndUpgradedConnectionsAndLetsARequestFinish) {
  ServerSettings settings;
  settings.on_upgrade = echo_messages;
  auto gate = std::make_shared<asio::steady_timer>(loop_.context, Deadline::Clock::time_point::max());
  bool asked = false;
  start(settings, [gate, &asked](Request) -> awaitable<Response> {
    asked = true;
    error_code ignored;
    co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return Response::text(200, "late");
  });
  Socket idle = connect();
  auto upgraded = loop_.run(net::connect_websocket(url("/", "ws"), tls_, {}, patient())).value();
  auto slow = loop_.start(get(url("/"), tls_, patient()));
  loop_.run_until([&] { return asked; });
  EXPECT_EQ(server_->connections(), 3U);

  auto stopped = std::make_shared<bool>(false);
  asio::co_spawn(loop_.context, server_->stop(patient()), [stopped](std::exception_ptr) { *stopped = true; });
  EXPECT_EQ(loop_.run(net::read_exactly(idle, 1)), "");
  EXPECT_FALSE(loop_.run(upgraded.read(patient())));
  EXPECT_FALSE(*stopped);
  gate->cancel();
  EXPECT_EQ(loop_.result_of(slow)->body, "late");
  loop_.run_until([&] { return *stopped; });
  EXPECT_EQ(server_->connections(), 0U);
  EXPECT_FALSE(loop_.run(net::connect_plain("127.0.0.1", server_->port(), patient())));
}

TEST_F(ServerTest, StopCutsOffWhatOutlivesItsDeadline) {
  auto gate = std::make_shared<asio::steady_timer>(loop_.context, Deadline::Clock::time_point::max());
  bool asked = false;
  start({}, [gate, &asked](Request) -> awaitable<Response> {
    asked = true;
    error_code ignored;
    co_await gate->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return Response::text(200, "too late");
  });
  auto slow = loop_.start(get(url("/"), tls_, patient()));
  loop_.run_until([&] { return asked; });
  auto stopped = std::make_shared<bool>(false);
  asio::co_spawn(loop_.context, server_->stop(net::soon()), [stopped](std::exception_ptr) { *stopped = true; });
  EXPECT_EQ(loop_.result_of(slow).error(), Errc::connection_lost);
  gate->cancel();
  loop_.run_until([&] { return *stopped; });
}

awaitable<void> count_to_three(BodyWriter& writer) {
  for (const char* const part : {"one ", "", "two ", "three"}) {
    const bool taken = co_await writer.write(part);
    if (!taken) co_return;
  }
}

TEST_F(ServerTest, ABodyThatComesBitByBitIsWholeAtItsEnd) {
  start({}, [](Request) -> awaitable<Response> {
    Response response = Response::text(200, "unused");
    response.stream = count_to_three;
    co_return response;
  });
  const auto answer = send("GET", "/");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "one two three");
  const std::string raw = exchange("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(raw.ends_with("\r\n\r\n")) << raw;
}

TEST_F(ServerTest, AStreamThatThrowsIsCutOffNotEnded) {
  start({}, [](Request) -> awaitable<Response> {
    Response response;
    response.stream = [](BodyWriter& writer) -> awaitable<void> {
      (void)co_await writer.write("half");
      throw std::runtime_error("out of cheese");
    };
    co_return response;
  });
  const std::string raw = exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_NE(raw.find("half"), std::string::npos);
  EXPECT_EQ(raw.find("0\r\n\r\n"), std::string::npos);
}

TEST_F(ServerTest, AReaderThatTakesNothingIsLetGoAfterTheWriteTimeout) {
  ServerSettings settings;
  settings.write_timeout = std::chrono::milliseconds(200);
  bool let_go = false;
  start(std::move(settings), [&let_go](Request) -> awaitable<Response> {
    Response response;
    response.stream = [&let_go](BodyWriter& writer) -> awaitable<void> {
      bool taken = true;
      while (taken)
        taken = co_await writer.write(std::string(64 * 1024, 'x'));
      let_go = true;
    };
    co_return response;
  });
  Socket socket = connect();
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  ASSERT_TRUE(loop_.run(socket.write(as_bytes(request), patient())));
  loop_.run_until([&] { return let_go && server_->connections() == 0; });
}

TEST_F(ServerTest, TlsOnlyAnswersNothingInTheClear) {
  ServerSettings settings;
  settings.tls = net::TlsContext::server(net::make_self_signed()).value();
  settings.tls_only = true;
  start(std::move(settings));
  EXPECT_EQ(exchange("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"), "");
}

TEST(ServerStartTest, TakenPortAndBadAddressAreErrors) {
  Loop loop;
  auto first = Server::start(loop.executor(), "127.0.0.1:0", answer);
  ASSERT_TRUE(first);
  EXPECT_FALSE(Server::start(loop.executor(), first->address(), answer));
  EXPECT_EQ(Server::start(loop.executor(), "8443", answer).error(), Errc::invalid_argument);
}

}  // namespace
}  // namespace linekeeper::http
