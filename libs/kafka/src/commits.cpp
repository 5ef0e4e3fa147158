#include "commits.hpp"

#include <algorithm>

#include "linekeeper/telemetry/log.hpp"
#include "partition_list.hpp"

namespace linekeeper::kafka {
namespace {

using namespace std::chrono_literals;

constexpr auto kAgainAfterFailure = 60s;

}  // namespace

std::chrono::milliseconds commit_timer(std::chrono::milliseconds commit_every, std::chrono::milliseconds heartbeat) {
  return std::max(std::min(commit_every, heartbeat / 2), 10ms);
}

Commits::Commits(const Consumer::Settings& settings, Assignment& assignment, telemetry::Log& log,
                 telemetry::Metrics& metrics)
    : settings_(settings),
      assignment_(assignment),
      log_(log),
      failed_(metrics.counter("linekeeper_kafka_commit_failures_total", "Offset commits that the broker refused.",
                              settings.metric_labels)) {}

void Commits::begin(Clock::time_point now) {
  next_ = now + settings_.commit_every;
  next_again_ = now + settings_.recommit_every;
}

void Commits::store_due(rd_kafka_t* instance, Clock::time_point now) {
  store(instance, assignment_.take_commits());
  next_ = now + settings_.commit_every;
}

void Commits::store(rd_kafka_t* instance, const std::vector<Position>& positions) {
  if (positions.empty()) return;
  const PartitionList list = list_of(settings_.topics, positions);
  rd_kafka_offsets_store(instance, list.get());
  for (const auto* offset = list->elems; offset != list->elems + list->cnt; ++offset) {
    if (offset->err == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    if (const auto partition = known(settings_.topics, offset->topic, offset->partition))
      assignment_.not_stored(*partition);
  }
}

/// Committed here and now: librdkafka's timer leaves out what the broker has already.
void Commits::commit_again(rd_kafka_t* instance, Clock::time_point now) {
  next_again_ = now + settings_.recommit_every;
  assignment_.store_all_again();
  const auto positions = assignment_.take_commits();
  if (positions.empty()) return;
  const auto error = rd_kafka_commit(instance, list_of(settings_.topics, positions).get(), 1);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) next_again_ = now + kAgainAfterFailure;
}

void Commits::take_result(rd_kafka_resp_err_t error, const rd_kafka_topic_partition_list_t* offsets) {
  if (offsets == nullptr) return;
  const rd_kafka_topic_partition_t* const begin = offsets->elems;
  const rd_kafka_topic_partition_t* const end = begin + offsets->cnt;
  const auto refused = [](const auto& offset) { return offset.err != RD_KAFKA_RESP_ERR_NO_ERROR; };
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR && std::none_of(begin, end, refused)) return;
  failed_.add();
  // The timer tries again by itself. If this was not the timer's, all of it is due again.
  next_again_ = std::min(next_again_, Clock::now() + kAgainAfterFailure);
  log_.debug("offsets were not committed, trying again", {{"error", rd_kafka_err2str(error)}});
}

}  // namespace linekeeper::kafka
