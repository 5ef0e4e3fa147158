#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "hooks/delivery_queue.hpp"
#include "hooks/hook.hpp"
#include "hooks/hook_event.hpp"
#include "hooks/verdict.hpp"
#include "linekeeper/kafka/producer.hpp"
#include "linekeeper/net/task_group.hpp"
#include "linekeeper/net/tls_context.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"

namespace linekeeper::control {

/// How one endpoint fares, since this process began.
struct HookStats {
  std::string id;
  std::string origin;
  std::string session_prefix;
  std::uint64_t delivered = 0;
  std::uint64_t failed = 0;  ///< Attempts that did not get through.
  std::uint64_t parked = 0;
  std::size_t waiting = 0;
  std::size_t in_flight = 0;
  bool away = false;
  std::string last_error;  ///< Of the last attempt that failed.
  std::optional<std::chrono::system_clock::time_point> last_delivered;
  std::optional<std::chrono::system_clock::time_point> last_failed;
};

/// Brings events to one endpoint: performs what its DeliveryQueue decides. Threads: the executor's, but for `stats`.
class Courier {
 public:
  struct Settings {
    DeliveryQueue::Policy policy;
    std::chrono::milliseconds timeout{10'000};  ///< Of one attempt, from the name's resolution to the answer's end.
    std::string parking_topic;
  };
  enum class End : std::uint8_t { delivered, parked, dropped };
  /// Told once for each event: it needs nothing more here.
  using Ended = std::function<void(const kafka::Ticket&, End)>;

  /// Errors: the endpoint's `ca` cannot be read. All outlive it.
  static std::variant<std::unique_ptr<Courier>, std::string> make(asio::any_io_executor executor, Hook hook,
                                                                  Settings settings, kafka::Producer& producer,
                                                                  telemetry::Log& log, telemetry::Metrics& metrics,
                                                                  Ended ended);
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  const Hook& hook() const noexcept { return hook_; }

  /// `attempts` were made before, by others.
  void put(HookEvent event, const kafka::Ticket& ticket, unsigned attempts = 0);
  /// Forgets the events for whose tickets this holds, as far as they are not under way.
  void drop(const std::function<bool(const kafka::Ticket&)>& gone);

  /// Begins nothing more.
  void stop();
  /// Nothing is under way any more: no attempt, and no record that Kafka has yet to answer for.
  bool idle() const noexcept { return tasks_.running() == 0 && parking_ == 0; }

  HookStats stats() const;

 private:
  struct Item {
    HookEvent event;
    kafka::Ticket ticket;
    unsigned attempts_before = 0;
    std::string detail;  ///< What its last attempt ended with.
  };

  /// How Kafka's thread reaches us while we live: its answers may come after that.
  struct Door {
    std::mutex mutex;
    Courier* courier;
  };

  Courier(asio::any_io_executor executor, Hook hook, net::TlsContext tls, Settings settings, kafka::Producer& producer,
          telemetry::Log& log, telemetry::Metrics& metrics, Ended ended);

  void pump();
  awaitable<void> attempt(DeliveryQueue::Id id);
  void take(DeliveryQueue::Id id, const Verdict& verdict, std::chrono::steady_clock::duration took);
  void park(const DeliveryQueue::Park& step);
  void told(DeliveryQueue::Id id, const kafka::Delivery& delivery);
  void end(DeliveryQueue::Id id, End how);
  void note();

  asio::any_io_executor executor_;
  const Hook hook_;
  const net::TlsContext tls_;
  const Settings settings_;
  kafka::Producer& producer_;
  telemetry::Log& log_;
  Ended ended_;
  DeliveryQueue queue_;
  std::map<DeliveryQueue::Id, Item> items_;
  boost::asio::steady_timer timer_;
  bool stopping_ = false;
  std::size_t parking_ = 0;
  std::shared_ptr<Door> door_;

  telemetry::Counter ok_, refused_, away_, delivered_, parked_;
  telemetry::Gauge waiting_gauge_;
  telemetry::Gauge away_gauge_;
  telemetry::Histogram seconds_;

  mutable std::mutex mutex_;
  HookStats stats_;

  net::TaskGroup tasks_;  ///< Last: they use all the others.
};

}  // namespace linekeeper::control
