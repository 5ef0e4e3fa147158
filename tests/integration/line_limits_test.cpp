#include <gtest/gtest.h>

#include "line_sandbox.hpp"

namespace linekeeper::test {
namespace {

using namespace std::chrono_literals;

/// Clients that are there but do nothing: the server ends their connections and keeps what is theirs.
class LineLimitsTest : public LineSandboxTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(line.pair_and_connect(shop));
    ASSERT_TRUE(world.until([&] { return queue().empty(); })) << "what its phone told it first";
  }
  const sandbox::Device& device() { return *shop.device(line.host.paired_as->pn.device); }
  const sandbox::OfflineQueue& queue() { return device().queue; }

  sandbox::Account& shop = account("Shop");
  sandbox::Account& friendly = account("Friend");
  TestLine line{world};
};

TEST_F(LineLimitsTest, ASilentClientIsLetGoAndWhatComesMeanwhileWaits) {
  sandbox::ConnectionLimits limits;
  limits.silence = 200ms;
  world.port->set_limits(limits);
  // The server hears this and waits anew; the line's next ping would come in twenty seconds.
  line.start_send(friendly.pn, "the last for a while", {});
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::network);
  EXPECT_TRUE(world.until([&] { return world.core().lines.empty(); }));
  EXPECT_EQ(device().line, nullptr);

  friendly.phone->send_text(world.core(), shop.pn, "are you there");
  EXPECT_EQ(queue().counts().message, 1U);
  world.port->set_limits({});
  ASSERT_TRUE(line.connect());
  EXPECT_TRUE(world.until([&] { return texts(line) == std::vector<std::string>{"are you there"}; }));
}

TEST_F(LineLimitsTest, ForAClientThatReadsTooSlowlyOnlySoMuchWaits) {
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
  EXPECT_EQ(queue().counts().message, said.size());

  world.port->set_limits({});
  ASSERT_TRUE(line.connect());
  EXPECT_TRUE(world.until([&] { return texts(line).size() == said.size(); }));
  EXPECT_EQ(texts(line), said);
}

}  // namespace
}  // namespace linekeeper::test
