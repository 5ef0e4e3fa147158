#include "loop/shared_name.hpp"

#include <gtest/gtest.h>

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
const SharedName::Time t0{};

TEST(SharedNameTest, WhoeverDiedIsForgottenAfterOneTtl) {
  SharedName name(15s);
  name.on_answer(false, t0);
  name.on_answer(false, t0 + 10s);
  EXPECT_FALSE(name.shared(t0 + 15s));
  name.on_answer(true, t0 + 15s);
  EXPECT_FALSE(name.shared(t0 + 1h));
}

TEST(SharedNameTest, WhoeverIsStillThereAfterThatRuns) {
  SharedName name(15s);
  name.on_answer(false, t0);
  name.on_answer(false, t0 + 16s);
  EXPECT_TRUE(name.shared(t0 + 16s));
}

}  // namespace
}  // namespace linekeeper::worker
