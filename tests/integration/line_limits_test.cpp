#include <gtest/gtest.h>

#include "line_sandbox.hpp"

namespace linekeeper::test {
namespace {

using namespace std::chrono_literals;

/// Clients that are there but do nothing: the server ends their connections and keeps what is theirs.
class LineLimitsTest : public LineSandboxTest {};

TEST_F(LineLimitsTest, ASilentClientIsLetGoAndWhatComesMeanwhileWaits) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  const auto& device = *shop.device(line.host.paired_as->pn.device);
  ASSERT_TRUE(world.until([&] { return device.queue.empty(); })) << "what its phone told it first";
  sandbox::ConnectionLimits limits;
  limits.silence = 200ms;
  world.port->set_limits(limits);
  // The server hears this and waits anew; the line's next ping would come in twenty seconds.
  line.start_send(friendly.pn, "the last for a while", {});
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::network);
  EXPECT_TRUE(world.until([&] { return world.core().lines.empty(); }));
  EXPECT_EQ(device.line, nullptr);

  friendly.phone->send_text(world.core(), shop.pn, "are you there");
  EXPECT_EQ(device.queue.counts().message, 1U);
  world.port->set_limits({});
  ASSERT_TRUE(line.connect());
  EXPECT_TRUE(world.until([&] { return texts(line) == std::vector<std::string>{"are you there"}; }));
}

TEST_F(LineLimitsTest, ForAClientThatReadsTooSlowlyOnlySoMuchWaits) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  const auto& device = *shop.device(line.host.paired_as->pn.device);
  ASSERT_TRUE(world.until([&] { return device.queue.empty(); })) << "what its phone told it first";
  sandbox::ConnectionLimits limits;
  limits.outgoing = std::size_t{16} << 10U;
  world.port->set_limits(limits);
  // All in one go: nothing of it can have left before the last is written.
  std::vector<std::string> said;
  for (int i = 0; i < 200; ++i) {
    said.push_back("text " + std::to_string(i));
    friendly.phone->send_text(world.core(), shop.pn, said.back());
  }
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::network);
  EXPECT_EQ(device.queue.counts().message, said.size());

  world.port->set_limits({});
  ASSERT_TRUE(line.connect());
  EXPECT_TRUE(world.until([&] { return texts(line).size() == said.size(); }));
  EXPECT_EQ(texts(line), said);
}

}  // namespace
}  // namespace linekeeper::test
