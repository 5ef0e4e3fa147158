#include "linekeeper/telemetry/trace_context.hpp"

#include <gtest/gtest.h>

namespace linekeeper::telemetry {
namespace {

constexpr std::string_view kExample = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContextTest, ReadsAndWritesTheSpecificationsExample) {
  const auto context = TraceContext::parse(kExample);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->str(), kExample);
  EXPECT_EQ(context->trace(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context->flags, 1);
}

TEST(TraceContextTest, ReadsTheKnownFieldsOfALaterVersion) {
  const std::string later = "01" + std::string(kExample.substr(2)) + "-more";
  ASSERT_TRUE(TraceContext::parse(later));
  EXPECT_EQ(TraceContext::parse(later)->str(), kExample);
}

TEST(TraceContextTest, RefusesEverythingElse) {
  for (std::size_t cut = 0; cut < kExample.size(); ++cut)
    EXPECT_FALSE(TraceContext::parse(kExample.substr(0, cut))) << cut;
  for (std::size_t at = 0; at < kExample.size(); ++at) {
    std::string text(kExample);
    text[at] = 'X';
    EXPECT_FALSE(TraceContext::parse(text)) << text;
  }
  EXPECT_FALSE(TraceContext::parse(std::string(kExample) + "-more"));
  EXPECT_FALSE(TraceContext::parse("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  EXPECT_FALSE(TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  EXPECT_FALSE(TraceContext::parse("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
}

TEST(TraceContextTest, AChildKeepsTheTraceAndHasASpanOfItsOwn) {
  const TraceContext parent = TraceContext::make();
  const TraceContext child = parent.child();
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_EQ(TraceContext::parse(child.str()), child);
}

}  // namespace
}  // namespace linekeeper::telemetry
