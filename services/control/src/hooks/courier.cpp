#include "hooks/courier.hpp"

#include <boost/asio/post.hpp>
#include <chrono>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "linekeeper/http/client.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostAnswer = 64 * 1024;  ///< Nobody reads it.
constexpr auto kParkAgain = 2s;

std::int64_t unix_seconds() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()).time_since_epoch().count();
}

}  // namespace

std::variant<std::unique_ptr<Courier>, std::string> Courier::make(asio::any_io_executor executor, Hook hook,
                                                                  Settings settings, kafka::Producer& producer,
                                                                  telemetry::Log& log, telemetry::Metrics& metrics,
                                                                  Ended ended) {
  auto tls = net::TlsContext::client(hook.ca);
  if (!tls || tls->insecure()) return "endpoint " + hook.id + " has a `ca` that cannot be read or holds no certificate";
  settings.policy.concurrency = hook.concurrency;
  return std::unique_ptr<Courier>(new Courier(std::move(executor), std::move(hook), tls->remembering(),
                                              std::move(settings), producer, log, metrics, std::move(ended)));
}

Courier::Courier(asio::any_io_executor executor, Hook hook, net::TlsContext tls, Settings settings,
                 kafka::Producer& producer, telemetry::Log& log, telemetry::Metrics& metrics, Ended ended)
    : executor_(executor),
      hook_(std::move(hook)),
      tls_(std::move(tls)),
      settings_(std::move(settings)),
      producer_(producer),
      log_(log),
      ended_(std::move(ended)),
      queue_(settings_.policy),
      timer_(executor),
      door_(std::make_shared<Door>()),
      tasks_(std::move(executor),
             [this](std::exception_ptr) { log_.error("a delivery ended by an exception", {{"endpoint", hook_.id}}); }) {
  door_->courier = this;
  const auto attempts = [&](const char* result) {
    return metrics.counter("linekeeper_webhook_attempts_total", "Requests to webhook endpoints.",
                           {{"endpoint", hook_.id}, {"result", result}});
  };
  ok_ = attempts("ok");
  refused_ = attempts("refused");
  away_ = attempts("away");
  const auto events = [&](const char* end) {
    return metrics.counter("linekeeper_webhook_events_total", "Events that webhooks are done with.",
                           {{"endpoint", hook_.id}, {"end", end}});
  };
  delivered_ = events("delivered");
  parked_ = events("parked");
  waiting_gauge_ =
      metrics.gauge("linekeeper_webhook_waiting", "Events read and not delivered.", {{"endpoint", hook_.id}});
  away_gauge_ =
      metrics.gauge("linekeeper_webhook_endpoint_away", "1 while an endpoint takes nothing.", {{"endpoint", hook_.id}});
  seconds_ = metrics.histogram("linekeeper_webhook_attempt_seconds", "How long requests to webhook endpoints took.",
                               {0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}, {{"endpoint", hook_.id}});
  stats_.id = hook_.id;
  stats_.origin = hook_.origin();
  stats_.session_prefix = hook_.session_prefix;
}

Courier::~Courier() {
  const std::scoped_lock lock(door_->mutex);
  door_->courier = nullptr;
}

void Courier::put(HookEvent event, const kafka::Ticket& ticket, unsigned attempts) {
  const auto id = queue_.put(event.session);
  items_.emplace(id, Item{std::move(event), ticket, attempts, {}});
  pump();
}

void Courier::drop(const std::function<bool(const kafka::Ticket&)>& gone) {
  std::vector<DeliveryQueue::Id> ids;
  for (const auto& [id, item] : items_)
    if (gone(item.ticket) && queue_.drop(id)) ids.push_back(id);
  for (const auto id : ids)
    end(id, End::dropped);
  pump();
}

void Courier::stop() {
  stopping_ = true;
  timer_.cancel();
}

void Courier::pump() {
  while (!stopping_) {
    const DeliveryQueue::Step step = queue_.next(std::chrono::steady_clock::now());
    if (const auto* now = std::get_if<DeliveryQueue::Attempt>(&step)) {
      tasks_.spawn(attempt(now->id));
    } else if (const auto* aside = std::get_if<DeliveryQueue::Park>(&step)) {
      park(*aside);
    } else {
      const auto until = std::get<DeliveryQueue::Wait>(step).until;
      timer_.cancel();
      if (until == DeliveryQueue::Time::max()) break;
      timer_.expires_at(until);
      timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) pump();
      });
      break;
    }
  }
  note();
}

awaitable<void> Courier::attempt(DeliveryQueue::Id id) {
  http::Request request = request_of(hook_, items_.at(id).event, unix_seconds());
  net::Url url = hook_.url;
  net::TlsContext tls = tls_;
  const auto began = std::chrono::steady_clock::now();
  const auto limit = net::Deadline::after(settings_.timeout);
  const auto answer = co_await http::fetch(std::move(url), std::move(tls), std::move(request), limit, kMostAnswer);
  take(id, verdict_of(answer, std::chrono::system_clock::now()), std::chrono::steady_clock::now() - began);
  pump();
}

void Courier::take(DeliveryQueue::Id id, const Verdict& verdict, std::chrono::steady_clock::duration took) {
  seconds_.observe(std::chrono::duration<double>(took).count());
  const auto now = std::chrono::system_clock::now();
  if (!verdict.failure) {
    ok_.add();
    delivered_.add();
    {
      const std::scoped_lock lock(mutex_);
      ++stats_.delivered;
      stats_.last_delivered = now;
    }
    if (queue_.away_since()) log_.info("a webhook endpoint takes events again", {{"endpoint", hook_.id}});
    queue_.delivered(id);
    end(id, End::delivered);
    return;
  }
  const bool away = *verdict.failure == DeliveryQueue::Failure::away;
  (away ? away_ : refused_).add();
  {
    const std::scoped_lock lock(mutex_);
    ++stats_.failed;
    stats_.last_failed = now;
    stats_.last_error = verdict.detail;
  }
  Item& item = items_.at(id);
  item.detail = verdict.detail;
  if (!away || !queue_.away_since())
    log_.warn(away ? "a webhook endpoint takes nothing; trying again" : "a webhook endpoint refused an event",
              {{"endpoint", hook_.id}, {"error", verdict.detail}, {"event", item.event.id}});
  queue_.failed(id, *verdict.failure, verdict.retry_after, std::chrono::steady_clock::now(), crypto::random_u64());
}

void Courier::park(const DeliveryQueue::Park& step) {
  const Item& item = items_.at(step.id);
  Parked parked;
  parked.endpoint = hook_.id;
  parked.event = item.event;
  parked.reason = name_of(step.why);
  parked.detail = item.detail;
  parked.attempts = item.attempts_before + step.attempts;
  ++parking_;
  const auto answered = [door = door_, id = step.id](const kafka::Delivery& delivery) {
    const std::scoped_lock lock(door->mutex);
    if (Courier* const self = door->courier)
      asio::post(self->executor_, [self, id, delivery] { self->told(id, delivery); });
  };
  const auto sent = producer_.send(record_of(settings_.parking_topic, std::move(parked)), answered);
  if (sent) return;
  kafka::Delivery failed;
  failed.error = sent.error();
  answered(failed);
}

void Courier::told(DeliveryQueue::Id id, const kafka::Delivery& delivery) {
  --parking_;
  if (!delivery.error) {
    queue_.parked(id);
    parked_.add();
    {
      const std::scoped_lock lock(mutex_);
      ++stats_.parked;
    }
    end(id, End::parked);
  } else {
    log_.warn("an event for a webhook endpoint could not be parked; trying again",
              {{"endpoint", hook_.id},
               {"topic", settings_.parking_topic},
               {"error", delivery.reason.empty() ? delivery.error.message() : delivery.reason}});
    queue_.not_parked(id, std::chrono::steady_clock::now() + kParkAgain);
  }
  pump();
}

void Courier::end(DeliveryQueue::Id id, End how) {
  const auto item = items_.extract(id);
  ended_(item.mapped().ticket, how);
}

void Courier::note() {
  waiting_gauge_.set(static_cast<double>(items_.size()));
  away_gauge_.set(queue_.away_since() ? 1 : 0);
  const std::scoped_lock lock(mutex_);
  stats_.waiting = queue_.waiting();
  stats_.in_flight = queue_.in_flight();
  stats_.away = queue_.away_since().has_value();
}

HookStats Courier::stats() const {
  const std::scoped_lock lock(mutex_);
  return stats_;
}

}  // namespace linekeeper::control
