#include "service/commands.hpp"

#include <boost/asio/post.hpp>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/contract/sentence.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

/// Kafka that does not acknowledge within this is away, whatever the caller's patience.
constexpr auto kAcknowledged = 5s;

struct Written {
  explicit Written(asio::any_io_executor executor) : bell(std::move(executor)) {}
  std::optional<kafka::Delivery> delivery;
  Bell bell;
};

}  // namespace

Commands::Pending::Pending(Commands& owner, Outcomes::Key key)
    : owner_(owner), key_(std::move(key)), bell_(owner.executor_) {
  owner_.pending_.insert(this);
  waiter_ = owner_.feed_.outcomes().await(key_, [this](const Outcome& outcome) {
    outcome_ = outcome;
    bell_.ring();
    if (also_ != nullptr) also_->ring();
  });
}
Commands::Pending::~Pending() {
  owner_.feed_.outcomes().forget(key_, waiter_);
  owner_.pending_.erase(this);
}

void Commands::stop() {
  stopping_ = true;
  for (Pending* const pending : pending_) {
    pending->bell_.ring();
    if (pending->also_ != nullptr) pending->also_->ring();
  }
}

std::optional<Outcome> outcome_of(const auth::LedgerRecord& record) {
  if (!record.finished()) return std::nullopt;
  Outcome outcome;
  switch (record.state) {
    case auth::CommandState::succeeded: outcome.how = v1::COMMAND_OUTCOME_DONE; break;
    case auth::CommandState::unknown: outcome.how = v1::COMMAND_OUTCOME_UNKNOWN; break;
    default: outcome.how = v1::COMMAND_OUTCOME_FAILED; break;
  }
  if (v1::ErrorCode_IsValid(record.code) && record.code != 0)
    outcome.error = contract::error_of(static_cast<v1::ErrorCode>(record.code));
  // What does not parse says less and changes nothing: state and code are the ledger's own.
  if (record.kind == auth::CommandKind::send) {
    if (outcome.outbound.ParseFromString(to_text(record.outcome)) && outcome.outbound.has_error())
      outcome.error = outcome.outbound.error();
  } else if (outcome.event.ParseFromString(to_text(record.outcome)) && outcome.event.has_reason()) {
    outcome.error = outcome.event.reason();
  }
  return outcome;
}

std::optional<Failure> Commands::failure_of(const Outcome& outcome, const std::string& command_id) {
  switch (outcome.how) {
    case v1::COMMAND_OUTCOME_DONE: return std::nullopt;
    case v1::COMMAND_OUTCOME_SUPERSEDED:
      if (outcome.error.code() == v1::ERROR_CODE_UNSPECIFIED) return Failure(v1::SUPERSEDED).of(command_id);
      break;
    case v1::COMMAND_OUTCOME_UNKNOWN:
      if (outcome.error.code() == v1::ERROR_CODE_UNSPECIFIED) return Failure(v1::UNKNOWN_OUTCOME).of(command_id);
      break;
    default: break;
  }
  if (outcome.error.code() == v1::ERROR_CODE_UNSPECIFIED) return Failure(v1::INTERNAL).of(command_id);
  return Failure(outcome.error).of(command_id);
}

awaitable<std::optional<Failure>> Commands::write(const Order& order, net::Deadline deadline) {
  kafka::OutgoingRecord record;
  record.topic = order.topic;
  record.key = order.session_id;
  record.payload = to_bytes(order.payload);
  record.headers = {{"content-type", "application/protobuf"}};
  if (!order.traceparent.empty()) record.headers.push_back({"traceparent", order.traceparent});
  auto written = std::make_shared<Written>(executor_);
  const auto sent = producer_.send(std::move(record), [executor = executor_, written](const kafka::Delivery& delivery) {
    asio::post(executor, [written, delivery] {
      written->delivery = delivery;
      written->bell.ring();
    });
  });
  if (!sent) {
    if (sent.error() == Errc::kafka_refused) co_return Failure(v1::COMMAND_TOO_LARGE).of(order.command_id);
    co_return Failure(v1::KAFKA_UNAVAILABLE, "queue").of(order.command_id);
  }
  const net::Deadline until = deadline.or_sooner(net::Deadline::after(kAcknowledged));
  co_await written->bell.wait(until);
  if (!written->delivery) {
    // It may still get there; a retry with the same id does nothing twice.
    if (deadline.passed()) co_return Failure(v1::OUTCOME_PENDING, "not_acknowledged").of(order.command_id);
    co_return Failure(v1::KAFKA_UNAVAILABLE, "not_acknowledged").of(order.command_id);
  }
  if (!written->delivery->error) co_return std::nullopt;
  if (written->delivery->error == Errc::kafka_refused) co_return Failure(v1::COMMAND_TOO_LARGE).of(order.command_id);
  Failure failed(v1::KAFKA_UNAVAILABLE);
  failed.message += " (" + written->delivery->reason + ")";
  co_return std::move(failed).of(order.command_id);
}

awaitable<Answer<Commands::PendingPtr>> Commands::submit(Order order, net::Deadline deadline) {
  if (auto trouble = feed_.trouble()) co_return std::move(*trouble).of(order.command_id);
  auto pending = std::make_unique<Pending>(*this, Outcomes::Key{order.session_id, order.command_id});
  bool under_way = false;
  if (order.chosen && lines_.opens_sealed()) {
    const auto kept = co_await lines_.command(order.session_id, order.command_id);
    if (!kept) co_return store_failure(kept.error()).of(order.command_id);
    if (*kept) {
      if ((*kept)->digest != crypto::sha256(as_bytes(order.payload)))
        co_return Failure(v1::COMMAND_ID_REUSED).of(order.command_id);
      if (auto outcome = outcome_of(**kept)) {
        pending->outcome_ = std::move(outcome);
        co_return std::move(pending);
      }
      under_way = true;
    }
  } else if (order.chosen) {
    // Without the ring the ledger is closed to us: what was heard in the last hour is all we know of this id.
    if (const Outcome* heard = feed_.outcomes().find({order.session_id, order.command_id})) {
      pending->outcome_ = *heard;
      co_return std::move(pending);
    }
  }
  if (!under_way) {
    auto failed = co_await write(order, deadline);
    if (failed) co_return std::move(*failed);
  }
  co_return std::move(pending);
}

awaitable<Answer<Outcome>> Commands::perform(Order order, net::Deadline deadline) {
  const std::string command_id = order.command_id;
  auto submitted = co_await submit(std::move(order), deadline);
  if (auto* failed = std::get_if<Failure>(&submitted)) co_return std::move(*failed);
  Pending& pending = *std::get<PendingPtr>(submitted);
  while (!pending.outcome() && !deadline.passed() && !stopping_)
    co_await pending.bell().wait(deadline);
  if (!pending.outcome()) co_return Failure(v1::OUTCOME_PENDING).of(command_id);
  if (auto failed = failure_of(*pending.outcome(), command_id)) co_return std::move(*failed);
  co_return *pending.outcome();
}

}  // namespace linekeeper::control
