#include "linekeeper/kafka/cloud_event.hpp"

#include <gmock/gmock.h>

namespace linekeeper::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::system_clock;

TEST(CloudEventTest, HasTheHeadersOfBinaryMode) {
  const CloudEvent event{"id-1",
                         "linekeeper.v1.MessageEvent",
                         "/linekeeper/w1",
                         "shop",
                         system_clock::time_point(milliseconds(1'790'000'000'123)),
                         "application/protobuf",
                         "00-a-b-01"};
  EXPECT_THAT(
      cloud_event_headers(event),
      testing::ElementsAre(Header{"ce_specversion", "1.0"}, Header{"ce_id", "id-1"},
                           Header{"ce_type", "linekeeper.v1.MessageEvent"}, Header{"ce_source", "/linekeeper/w1"},
                           Header{"ce_subject", "shop"}, Header{"ce_time", "2026-09-21T14:13:20.123Z"},
                           Header{"content-type", "application/protobuf"}, Header{"traceparent", "00-a-b-01"}));
}

TEST(CloudEventTest, LeavesOutATraceThatIsNotThere) {
  const auto headers = cloud_event_headers({});
  EXPECT_EQ(find_header(headers, "traceparent"), std::nullopt);
}

TEST(CloudEventTest, TheLastHeaderOfANameCounts) {
  EXPECT_EQ(find_header({{"a", "1"}, {"a", "2"}, {"b", "3"}}, "a"), "2");
}

TEST(CloudEventTest, WritesTimesBeforeTheEpochToo) {
  EXPECT_EQ(rfc3339(system_clock::time_point(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace linekeeper::kafka
