#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace linekeeper::telemetry {

/// Handles are cheap to copy and valid as long as their `Metrics`; a default-made one does nothing. Any thread may use
/// them.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void add(double amount = 1);

 private:
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void set(double value);
  void add(double amount = 1);

 private:
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  void observe(double value);

 private:
  prometheus::Histogram* histogram_ = nullptr;
};

/// Label name and value. Values come from a small closed set, never from users: no session id, no phone number.
using Labels = std::vector<std::pair<std::string, std::string>>;

/// The metrics of one program. Names start with `linekeeper_` and end in their unit (`_seconds`, `_bytes`) or `_total`.
/// Asking again for the same name and labels gives the same metric. Beyond 256 label sets of one name all further ones
/// are counted as `other`, so that a mistake cannot fill the memory.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter counter(const std::string& name, const std::string& help, Labels labels = {});
  Gauge gauge(const std::string& name, const std::string& help, Labels labels = {});
  /// `bounds` are the buckets' upper ends, rising.
  Histogram histogram(const std::string& name, const std::string& help, std::vector<double> bounds, Labels labels = {});

  /// Called before each `text()`, to bring gauges up to date. What it captures must outlive this object.
  void before_scrape(std::function<void()> refresh);

  /// Prometheus' text format, version 0.0.4.
  std::string text();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Content type of `Metrics::text()`.
inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace linekeeper::telemetry
