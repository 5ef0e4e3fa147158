#include "linekeeper/net/socket.hpp"

#include <boost/asio/ip/tcp.hpp>

#include "linekeeper/base/errc.hpp"
#include "loop.hpp"

namespace linekeeper::net {
namespace {

TEST(SocketTest, CarriesBytesBothWays) {
  Loop loop;
  Ends ends = make_ends(loop);
  ASSERT_TRUE(loop.run(ends.client.write(as_bytes("ping"))));
  EXPECT_EQ(loop.run(read_exactly(ends.server, 4)), "ping");
  ASSERT_TRUE(loop.run(ends.server.write(as_bytes("pong!"))));
  EXPECT_EQ(loop.run(read_exactly(ends.client, 5)), "pong!");
  EXPECT_FALSE(ends.client.tls());
  EXPECT_TRUE(ends.server.remote().starts_with("127.0.0.1:"));
}

TEST(SocketTest, WritesMoreThanTheKernelTakesAtOnce) {
  Loop loop;
  Ends ends = make_ends(loop);
  const std::string big(8 << 20, 'x');
  auto written = loop.start(ends.client.write(as_bytes(big), patient()));
  EXPECT_EQ(loop.run(read_exactly(ends.server, big.size())), big);
  EXPECT_TRUE(loop.result_of(written));
}

TEST(SocketTest, ReadsWhileWriting) {
  Loop loop;
  Ends ends = make_ends(loop);
  const std::string big(4 << 20, 'y');
  auto up = loop.start(ends.client.write(as_bytes(big), patient()));
  auto down = loop.start(ends.server.write(as_bytes(big), patient()));
  auto at_server = loop.start(read_exactly(ends.server, big.size()));
  EXPECT_EQ(loop.run(read_exactly(ends.client, big.size())), big);
  EXPECT_EQ(loop.result_of(at_server), big);
  EXPECT_TRUE(loop.result_of(up));
  EXPECT_TRUE(loop.result_of(down));
}

TEST(SocketTest, ReadThatTimesOutLosesNothing) {
  Loop loop;
  Ends ends = make_ends(loop);
  std::array<std::uint8_t, 8> into;
  EXPECT_EQ(loop.run(ends.client.read_some(into, soon())).error(), Errc::timed_out);
  ASSERT_TRUE(loop.run(ends.server.write(as_bytes("late"))));
  EXPECT_EQ(loop.run(read_exactly(ends.client, 4)), "late");
}

TEST(SocketTest, TimeoutOfOneDirectionLeavesTheOtherWaiting) {
  Loop loop;
  Ends ends = make_ends(loop);
  const std::string big(64 << 20, 'z');
  auto reading = loop.start(read_exactly(ends.client, 4));
  EXPECT_EQ(loop.run(ends.client.write(as_bytes(big), soon())).error(), Errc::timed_out);
  EXPECT_FALSE(reading->has_value());
  ASSERT_TRUE(loop.run(ends.server.write(as_bytes("here"))));
  EXPECT_EQ(loop.result_of(reading), "here");
}

TEST(SocketTest, LaterDeadlineHoldsAlthoughAnEarlierTimerStillRuns) {
  Loop loop;
  Ends ends = make_ends(loop);
  std::array<std::uint8_t, 8> into;
  ASSERT_TRUE(loop.run(ends.server.write(as_bytes("a"))));
  EXPECT_EQ(*loop.run(ends.client.read_some(into, Deadline::after(std::chrono::milliseconds(80)))), 1U);
  const auto end = Deadline::Clock::now() + std::chrono::milliseconds(200);
  EXPECT_EQ(loop.run(ends.client.read_some(into, Deadline::at(end))).error(), Errc::timed_out);
  EXPECT_GE(Deadline::Clock::now(), end);
}

TEST(SocketTest, EarlierDeadlineHoldsAlthoughALaterTimerRuns) {
  Loop loop;
  Ends ends = make_ends(loop);
  std::array<std::uint8_t, 8> into;
  auto first = loop.start(ends.client.read_some(into, patient()));
  ASSERT_TRUE(loop.run(ends.server.write(as_bytes("a"))));
  ASSERT_TRUE(loop.result_of(first));
  const auto before = Deadline::Clock::now();
  EXPECT_EQ(loop.run(ends.client.read_some(into, soon())).error(), Errc::timed_out);
  EXPECT_LT(Deadline::Clock::now() - before, std::chrono::seconds(10));
}

TEST(SocketTest, CloseNowEndsAReadAndAWriteUnderWay) {
  Loop loop;
  Ends ends = make_ends(loop);
  const std::string big(64 << 20, 'z');
  auto reading = loop.start(read_exactly(ends.client, 1));
  auto writing = loop.start(ends.client.write(as_bytes(big)));
  std::array<std::uint8_t, 1> into;
  ASSERT_TRUE(loop.run(ends.server.read_some(into, patient())));
  ends.client.close_now();
  EXPECT_FALSE(ends.client.is_open());
  EXPECT_EQ(loop.result_of(reading), "");
  EXPECT_EQ(loop.result_of(writing).error(), Errc::cancelled);
  EXPECT_EQ(loop.run(ends.client.read_some(into)).error(), Errc::cancelled);
}

TEST(SocketTest, DestroyingTheSocketEndsItsOperations) {
  Loop loop;
  Ends ends = make_ends(loop);
  std::array<std::uint8_t, 8> into;
  auto reading = loop.start(ends.client.read_some(into));
  loop.run(ends.client.write(as_bytes("x")));
  {
    const Socket gone = std::move(ends.client);
  }
  EXPECT_EQ(loop.result_of(reading).error(), Errc::cancelled);
}

TEST(SocketTest, MovingTheSocketLeavesItsOperationsAlone) {
  Loop loop;
  Ends ends = make_ends(loop);
  auto reading = loop.start(read_exactly(ends.client, 4));
  loop.run(ends.server.write(as_bytes("mo")));
  std::array<std::uint8_t, 8> into;
  auto direct = loop.start(ends.server.read_some(into));
  Socket moved = std::move(ends.server);
  loop.run(moved.write(as_bytes("ve")));
  EXPECT_EQ(loop.result_of(reading), "move");
  loop.run(ends.client.write(as_bytes("!")));
  EXPECT_EQ(loop.result_of(direct).value(), 1U);
}

TEST(SocketTest, HandleClosesASocketAndOutlivesIt) {
  Loop loop;
  Ends ends = make_ends(loop);
  const Socket::Handle handle = ends.client.handle();
  auto reading = loop.start(read_exactly(ends.server, 1));
  handle.close_now();
  EXPECT_FALSE(ends.client.is_open());
  EXPECT_EQ(loop.result_of(reading), "");
  ends.client = Socket();
  handle.close_now();
}

TEST(SocketTest, VanishedPeerIsAConnectionLost) {
  Loop loop;
  Ends ends = make_ends(loop);
  ends.server.close_now();
  std::array<std::uint8_t, 8> into;
  EXPECT_EQ(loop.run(ends.client.read_some(into, patient())).error(), Errc::connection_lost);
  const std::string big(8 << 20, 'x');
  EXPECT_EQ(loop.run(ends.client.write(as_bytes(big), patient())).error(), Errc::connection_lost);
}

TEST(SocketTest, ReadingGoesOnAfterTheWriteHalfWasShut) {
  Loop loop;
  Ends ends = make_ends(loop);
  ends.client.shutdown_write();
  std::array<std::uint8_t, 8> into;
  EXPECT_EQ(loop.run(ends.server.read_some(into, patient())).error(), Errc::connection_lost);
  ASSERT_TRUE(loop.run(ends.server.write(as_bytes("bye"))));
  EXPECT_EQ(loop.run(read_exactly(ends.client, 3)), "bye");
}

TEST(SocketTest, PeekLeavesTheByteInPlace) {
  Loop loop;
  Ends ends = make_ends(loop);
  EXPECT_EQ(loop.run(ends.server.peek(soon())).error(), Errc::timed_out);
  ASSERT_TRUE(loop.run(ends.client.write(as_bytes("GET"))));
  EXPECT_EQ(loop.run(ends.server.peek(patient())).value(), 'G');
  EXPECT_EQ(loop.run(read_exactly(ends.server, 3)), "GET");
}

TEST(SocketTest, StreamThatIsAlwaysReadyLetsOthersRun) {
  Loop loop;
  Ends ends = make_ends(loop);
  ASSERT_TRUE(loop.run(ends.client.write(as_bytes(std::string(1000, 'x')), patient())));
  bool others_ran = false;
  bool ran_before_the_end = false;
  auto reader = [](Socket& socket, bool& others, bool& before) -> awaitable<bool> {
    std::array<std::uint8_t, 1> one;
    for (int i = 0; i < 1000; ++i) {
      const auto got = co_await socket.read_some(one, patient());
      if (!got) co_return false;
      before = before || others;
    }
    co_return true;
  };
  auto reading = loop.start(reader(ends.server, others_ran, ran_before_the_end));
  asio::post(loop.context, [&] { others_ran = true; });
  EXPECT_TRUE(loop.result_of(reading));
  EXPECT_TRUE(ran_before_the_end);
}

TEST(ConnectTest, RefusedPortIsNamedSo) {
  Loop loop;
  std::uint16_t port = 0;
  {
    const Listener listener = listen_on_loopback(loop);
    port = listener.port();
  }
  ConnectReport report;
  EXPECT_EQ(loop.run(connect_plain("127.0.0.1", port, patient(), &report)).error(), Errc::connect_refused);
  EXPECT_NE(report.detail.find("127.0.0.1"), std::string::npos);
}

TEST(ConnectTest, ResolvesANameWithoutBlockingTheLoop) {
  Loop loop;
  Listener listener = listen_on_loopback(loop);
  auto accepted = loop.start(listener.accept());
  EXPECT_TRUE(loop.run(connect_plain("localhost", listener.port(), patient())));
  EXPECT_TRUE(loop.result_of(accepted));
}

TEST(ConnectTest, DeadlineEndsAConnectThatNobodyAnswers) {
  Loop loop;
  // A listener whose queue is full: the kernel lets further connections wait.
  asio::ip::tcp::acceptor full(loop.context, {asio::ip::make_address("127.0.0.1"), 0}, false);
  full.listen(0);
  std::vector<Socket> queue;
  Result<Socket> last = Errc::cancelled;
  for (int i = 0; i < 8; ++i) {
    last = loop.run(
        connect_plain("127.0.0.1", full.local_endpoint().port(), Deadline::after(std::chrono::milliseconds(200))));
    if (!last) break;
    queue.push_back(std::move(*last));
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error(), Errc::timed_out);
}

TEST(ListenerTest, CloseNowEndsTheAccept) {
  Loop loop;
  Listener listener = listen_on_loopback(loop);
  EXPECT_EQ(listener.address(), "127.0.0.1:" + std::to_string(listener.port()));
  auto accepting = loop.start(listener.accept());
  asio::post(loop.context, [&] { listener.close_now(); });
  EXPECT_EQ(loop.result_of(accepting).error(), Errc::cancelled);
}

TEST(ListenerTest, TakenPortIsAnError) {
  Loop loop;
  const Listener listener = listen_on_loopback(loop);
  EXPECT_FALSE(Listener::listen(loop.executor(), HostPort{"127.0.0.1", listener.port()}));
  EXPECT_EQ(Listener::listen(loop.executor(), HostPort{"nowhere.invalid", 0}).error(), Errc::invalid_argument);
}

}  // namespace
}  // namespace linekeeper::net
