#include "line/audit_trail.hpp"

#include <gtest/gtest.h>

#include "state/line.pb.h"

namespace linekeeper::worker {
namespace {

state::AuditTrail parsed(const Bytes& bytes) {
  state::AuditTrail trail;
  EXPECT_TRUE(trail.ParseFromString(to_text(bytes)));
  return trail;
}

TEST(AuditTrailTest, RemembersWhoWhenAndWhyAndNoMoreThanItsBound) {
  Bytes trail;
  for (int i = 0; i < kResetsRemembered + 3; ++i) {
    v1::ResetReport report;
    report.set_actor("olga");
    report.set_reason("because " + std::to_string(i));
    trail = with_reset(trail, "c" + std::to_string(i), i, report);
  }
  const state::AuditTrail all = parsed(trail);
  ASSERT_EQ(all.resets_size(), kResetsRemembered);
  EXPECT_EQ(all.resets(0).command_id(), "c3");
  EXPECT_EQ(all.resets(kResetsRemembered - 1).commanded_at_ms(), kResetsRemembered + 2);
  v1::ResetReport last;
  ASSERT_TRUE(last.ParseFromString(all.resets(kResetsRemembered - 1).report()));
  EXPECT_EQ(last.actor(), "olga");
  EXPECT_EQ(last.reason(), "because " + std::to_string(kResetsRemembered + 2));
}

TEST(AuditTrailTest, ATrailThatDoesNotParseBeginsAnew) {
  EXPECT_EQ(parsed(with_reset(to_bytes("\xff\xff\xff"), "c", 1, {})).resets_size(), 1);
}

}  // namespace
}  // namespace linekeeper::worker
