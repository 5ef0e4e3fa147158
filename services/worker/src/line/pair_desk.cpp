#include "line/pair_desk.hpp"

#include <algorithm>
#include <utility>

#include "clock.hpp"
#include "line/line_events.hpp"
#include "linekeeper/pairing/phone_number.hpp"

namespace linekeeper::worker {
namespace {

using Clock = std::chrono::steady_clock;

bool is_other_number(const std::string& asked, const std::string& own) {
  transport::Jid jid;
  jid.user = own;
  jid.server = transport::Server::pn;
  return transport::match_phone(asked, jid) == transport::PhoneMatch::mismatch;
}

}  // namespace

PairDesk::PairDesk(LineContext& context, PairHost& host, Conclude conclude)
    : context_(context), host_(host), conclude_(std::move(conclude)) {}

void PairDesk::begin(ControlJobPtr job) {
  const auto& command = std::get<v1::PairCommand>(job->command.body);
  const auto& lifecycle = host_.lifecycle();
  if (lifecycle.registered() && !command.phone_number().empty() &&
      is_other_number(command.phone_number(), host_.own_number())) {
    return conclude_(std::move(job), failed(v1::CREDENTIALS_CONFLICT, "phone_mismatch"));
  }
  if (command.take_over()) return conclude_(std::move(job), failed(v1::UNSUPPORTED_COMMAND, "take_over"));
  if (lifecycle.status() == v1::LINE_STATUS_CONNECTED) {
    return conclude_(std::move(job), {v1::COMMAND_OUTCOME_DONE, v1::ALREADY_CONNECTED, {}});
  }
  waiting_.push_back(job);
  arm_expiry();
  if (lifecycle.active()) {
    host_.show_pairing_again();
  } else {
    host_.pair(command, job->command.head.origin.timestamp_ms);
  }
}

void PairDesk::status_changed() {
  if (waiting_.empty() || stopped_) return;
  const auto& lifecycle = host_.lifecycle();
  ControlAnswer answer;
  if (lifecycle.status() != v1::LINE_STATUS_CONNECTED) {
    // A line that is on its way, or will try again by itself, has not answered yet.
    const v1::ErrorCode blocked = blocked_by(lifecycle.status());
    if (blocked == v1::ERROR_CODE_UNSPECIFIED) return;
    const bool named = lifecycle.code() != v1::ERROR_CODE_UNSPECIFIED;
    answer = failed(named ? lifecycle.code() : blocked, lifecycle.detail());
  }
  for (ControlJobPtr& job : std::exchange(waiting_, {}))
    conclude_(std::move(job), answer);
}

void PairDesk::stop() {
  stopped_ = true;
  if (expiry_) expiry_->cancel();
  waiting_.clear();
}

void PairDesk::arm_expiry() {
  auto first = Clock::time_point::max();
  for (const ControlJobPtr& job : waiting_) {
    first = std::min(first, job->wait.expires_at().value_or(Clock::time_point::max()));
    if (job->record.not_after_ms) {
      const auto left = std::chrono::milliseconds(std::max<std::int64_t>(*job->record.not_after_ms - unix_ms() + 1, 1));
      first = std::min(first, Clock::now() + left);
    }
  }
  if (first == Clock::time_point::max()) return;
  if (!expiry_) expiry_ = std::make_unique<boost::asio::steady_timer>(context_.executor);
  expiry_->expires_at(first);
  expiry_->async_wait([this](const boost::system::error_code& error) {
    if (!error && !stopped_) expire();
  });
}

void PairDesk::expire() {
  const auto now = Clock::now();
  std::vector<ControlJobPtr> waiting;
  for (ControlJobPtr& job : std::exchange(waiting_, {})) {
    const bool late = job->record.not_after_ms && *job->record.not_after_ms < unix_ms();
    if (late || job->wait.expired(now)) {
      conclude_(std::move(job), failed(v1::EXPIRED));
    } else {
      waiting.push_back(std::move(job));
    }
  }
  waiting_ = std::move(waiting);
  arm_expiry();
}

}  // namespace linekeeper::worker
