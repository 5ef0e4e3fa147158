#include "linekeeper/auth/acquire_gate.hpp"

#include <gtest/gtest.h>

namespace linekeeper::auth {
namespace {

using namespace std::chrono_literals;
const AcquireGate::Time t0{};

TEST(AcquireGateTest, IsShutForOneTtlAfterANewRunId) {
  AcquireGate gate(15s);
  EXPECT_FALSE(gate.open(t0));
  gate.on_store("a", 24h, t0);
  EXPECT_TRUE(gate.open(t0)) << "known for long, or a new installation";
  gate.on_disconnected();
  EXPECT_FALSE(gate.open(t0 + 1s));
  gate.on_store("b", 5s, t0 + 2s);
  EXPECT_FALSE(gate.open(t0 + 12s - 1ns));
  EXPECT_TRUE(gate.open(t0 + 12s));
}

TEST(AcquireGateTest, ReconnectingToTheSameServerDoesNotStartTheWaitAnew) {
  AcquireGate gate(15s);
  gate.on_store("a", 0s, t0);
  gate.on_disconnected();
  gate.on_store("a", 0s, t0 + 10s);
  EXPECT_FALSE(gate.open(t0 + 14s));
  EXPECT_TRUE(gate.open(t0 + 15s));
}

}  // namespace
}  // namespace linekeeper::auth
