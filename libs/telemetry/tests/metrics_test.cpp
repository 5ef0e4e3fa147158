#include "linekeeper/telemetry/metrics.hpp"

#include <gmock/gmock.h>

namespace linekeeper::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsTest, ShowsCountersGaugesAndHistogramsInPrometheusText) {
  Metrics metrics;
  metrics.counter("linekeeper_logins_total", "Logins.", {{"why", "start"}}).add(2);
  metrics.gauge("linekeeper_lines", "Lines.").set(5);
  metrics.histogram("linekeeper_login_seconds", "How long.", {0.1, 1}).observe(0.5);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("linekeeper_logins_total{why=\"start\"} 2"));
  EXPECT_THAT(text, HasSubstr("linekeeper_lines 5"));
  EXPECT_THAT(text, HasSubstr("linekeeper_login_seconds_bucket{le=\"1\"} 1"));
}

TEST(MetricsTest, GivesTheSameMetricForTheSameNameAndLabels) {
  Metrics metrics;
  metrics.counter("linekeeper_x_total", "X.", {{"a", "1"}}).add();
  metrics.counter("linekeeper_x_total", "X.", {{"a", "1"}}).add();
  EXPECT_THAT(metrics.text(), HasSubstr("linekeeper_x_total{a=\"1\"} 2"));
}

TEST(MetricsTest, FoldsTooManyLabelValuesIntoOther) {
  Metrics metrics;
  for (int i = 0; i < 300; ++i)
    metrics.counter("linekeeper_x_total", "X.", {{"a", std::to_string(i)}}).add();
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("linekeeper_x_total{a=\"255\"} 1"));
  EXPECT_THAT(text, HasSubstr("linekeeper_x_total{a=\"other\"} 44"));
  EXPECT_THAT(text, Not(HasSubstr("a=\"256\"")));
}

TEST(MetricsTest, RefreshesBeforeEachScrape) {
  Metrics metrics;
  Gauge gauge = metrics.gauge("linekeeper_x", "X.");
  int scrapes = 0;
  metrics.before_scrape([&] { gauge.set(++scrapes); });
  metrics.text();
  EXPECT_THAT(metrics.text(), HasSubstr("linekeeper_x 2"));
}

TEST(MetricsTest, HandlesWithoutAMetricDoNothing) {
  Counter().add();
  Gauge().set(1);
  Histogram().observe(1);
}

}  // namespace
}  // namespace linekeeper::telemetry
