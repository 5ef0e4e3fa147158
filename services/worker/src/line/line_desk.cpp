#include "line/line_desk.hpp"

#include <utility>

#include "line/line_events.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
namespace {

v1::NumberCheck check_of(const transport::NumberStatus& number) {
  v1::NumberCheck check;
  check.set_number(number.number);
  check.set_registered(number.registered);
  if (number.registered) check.set_jid(number.jid.str());
  return check;
}

}  // namespace

LineDesk::LineDesk(boost::asio::any_io_executor executor, const lifecycle::Lifecycle& lifecycle, LineActions& host,
                   net::TaskGroup& tasks, Conclude conclude)
    : lifecycle_(lifecycle),
      host_(host),
      tasks_(tasks),
      conclude_(std::move(conclude)),
      waiting_(std::move(executor),
               [this](ControlJobPtr job) { tasks_.spawn(conclude_(std::move(job), failed(v1::EXPIRED))); }) {}

awaitable<void> LineDesk::begin(ControlJobPtr job) {
  ControlAnswer answer;
  switch (std::get<v1::LineCommand>(job->command.body).action()) {
    case v1::LINE_ACTION_CONNECT: {
      host_.connect();
      // What cannot be connected keeps the status that says why.
      const v1::ErrorCode blocked = blocked_by(lifecycle_.status());
      if (blocked != v1::ERROR_CODE_UNSPECIFIED) answer = failed(blocked);
      break;
    }
    case v1::LINE_ACTION_DISCONNECT: host_.disconnect(); break;
    case v1::LINE_ACTION_LOGOUT: co_await log_out(std::move(job)); co_return;
    case v1::LINE_ACTION_CHECK_NUMBERS: co_await check(std::move(job)); co_return;
    case v1::LINE_ACTION_YIELD_NUMBER: co_await yield(std::move(job)); co_return;
    default: answer = failed(v1::UNSUPPORTED_COMMAND); break;
  }
  co_await conclude_(std::move(job), std::move(answer));
}

awaitable<void> LineDesk::log_out(ControlJobPtr job) {
  ControlAnswer answer;
  if (lifecycle_.registered()) {
    const bool confirmed = co_await host_.logout();
    if (!confirmed) answer = done(v1::LOGGED_OUT, "the_phone_may_still_list_this_device");
    // Not wiped: Kafka still has the command, and the next holder does it.
    if (lifecycle_.registered() || stopped_) co_return;
  } else if (lifecycle_.status() != v1::LINE_STATUS_LOGGED_OUT) {
    answer = failed(v1::NEEDS_PAIRING, "nothing_to_log_out");
  }
  co_await conclude_(std::move(job), std::move(answer));
}

awaitable<void> LineDesk::yield(ControlJobPtr job) {
  const auto yielded = co_await host_.yield_number();
  if (!yielded || stopped_) co_return;
  ControlAnswer answer;
  if (!*yielded) answer = {v1::COMMAND_OUTCOME_SUPERSEDED, v1::SUPERSEDED, "nobody_took_over", {}};
  co_await conclude_(std::move(job), std::move(answer));
}

awaitable<void> LineDesk::check(ControlJobPtr job) {
  ControlAnswer answer;
  if (lifecycle_.status() != v1::LINE_STATUS_CONNECTED) {
    const v1::ErrorCode blocked = blocked_by(lifecycle_.status());
    if (blocked == v1::ERROR_CODE_UNSPECIFIED) {
      waiting_.add(std::move(job));
      co_return;
    }
    answer = failed(blocked, lifecycle_.detail());
    co_await conclude_(std::move(job), std::move(answer));
    co_return;
  }
  const auto& command = std::get<v1::LineCommand>(job->command.body);
  std::vector<std::string> numbers(command.numbers().begin(), command.numbers().end());
  const auto found = co_await host_.check_numbers(std::move(numbers));
  if (stopped_) co_return;
  if (found) {
    for (const transport::NumberStatus& number : *found)
      answer.numbers.push_back(check_of(number));
  } else if (found.error() == Errc::connection_lost) {
    // Asking changes nothing, so it is asked again on the next connection.
    if (lifecycle_.status() == v1::LINE_STATUS_CONNECTED ||
        blocked_by(lifecycle_.status()) == v1::ERROR_CODE_UNSPECIFIED) {
      waiting_.add(std::move(job));
      co_return;
    }
    answer = failed(blocked_by(lifecycle_.status()), lifecycle_.detail());
  } else {
    answer = failed(v1::SERVICE_UNAVAILABLE);
  }
  co_await conclude_(std::move(job), std::move(answer));
}

void LineDesk::status_changed() {
  const bool blocked = blocked_by(lifecycle_.status()) != v1::ERROR_CODE_UNSPECIFIED;
  if (waiting_.empty() || stopped_ || (lifecycle_.status() != v1::LINE_STATUS_CONNECTED && !blocked)) return;
  for (ControlJobPtr& job : waiting_.take())
    tasks_.spawn(check(std::move(job)));
}

void LineDesk::stop() {
  stopped_ = true;
  waiting_.stop();
}

}  // namespace linekeeper::worker
