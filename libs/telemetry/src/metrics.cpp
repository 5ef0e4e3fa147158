#include "linekeeper/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <set>

namespace linekeeper::telemetry {

void Counter::add(double amount) {
  if (counter_ != nullptr) counter_->Increment(amount);
}
void Gauge::set(double value) {
  if (gauge_ != nullptr) gauge_->Set(value);
}
void Gauge::add(double amount) {
  if (gauge_ != nullptr) gauge_->Increment(amount);
}
void Histogram::observe(double value) {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

struct Metrics::Impl {
  static constexpr std::size_t kMostLabelSets = 256;

  prometheus::Registry registry;
  std::mutex mutex;
  std::map<std::string, std::set<Labels>> seen;
  std::vector<std::function<void()>> refreshers;

  /// The labels to use: as asked, or `other` once a name has too many of them.
  prometheus::Labels bounded(const std::string& name, const Labels& labels) {
    const std::scoped_lock lock(mutex);
    auto& known = seen[name];
    const bool full = known.size() >= kMostLabelSets && !known.contains(labels);
    if (!full) known.insert(labels);
    prometheus::Labels out;
    for (const auto& [label, value] : labels)
      out[label] = full ? "other" : value;
    return out;
  }
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, Labels labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  return Counter(&family.Add(impl_->bounded(name, labels)));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, Labels labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
  return Gauge(&family.Add(impl_->bounded(name, labels)));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                             Labels labels) {
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
  return Histogram(&family.Add(impl_->bounded(name, labels), bounds));
}

void Metrics::before_scrape(std::function<void()> refresh) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::text() {
  std::vector<std::function<void()>> refreshers;
  {
    const std::scoped_lock lock(impl_->mutex);
    refreshers = impl_->refreshers;
  }
  for (const auto& refresh : refreshers)
    refresh();
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace linekeeper::telemetry
