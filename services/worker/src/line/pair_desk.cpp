#include "line/pair_desk.hpp"

#include <utility>

#include "line/line_events.hpp"
#include "linekeeper/pairing/phone_number.hpp"

namespace linekeeper::worker {
namespace {

/// Whether a command for number `asked` cannot mean a line of number `own`.
bool is_other_number(const std::string& asked, const std::string& own) {
  if (asked.empty() || own.empty()) return false;
  transport::Jid jid;
  jid.user = own;
  jid.server = transport::Server::pn;
  return transport::match_phone(asked, jid) == transport::PhoneMatch::mismatch;
}

bool logged_in(v1::LineStatus status) {
  return status == v1::LINE_STATUS_SYNCING || status == v1::LINE_STATUS_CONNECTED;
}

}  // namespace

PairDesk::PairDesk(boost::asio::any_io_executor executor, const lifecycle::Lifecycle& lifecycle, PairHost& host,
                   net::TaskGroup& tasks, Conclude conclude)
    : lifecycle_(lifecycle),
      host_(host),
      tasks_(tasks),
      conclude_(std::move(conclude)),
      waiting_(std::move(executor),
               [this](ControlJobPtr job) { tasks_.spawn(conclude_(std::move(job), failed(v1::EXPIRED))); }) {}

awaitable<void> PairDesk::begin(ControlJobPtr job) {
  const auto& command = std::get<v1::PairCommand>(job->command.body);
  const std::string& number = command.phone_number();
  if (lifecycle_.registered() && is_other_number(number, host_.own_number())) {
    if (logged_in(lifecycle_.status())) {
      ControlAnswer answer = failed(v1::CREDENTIALS_CONFLICT, "phone_mismatch");
      co_await conclude_(std::move(job), std::move(answer));
      co_return;
    }
    const auto removed = co_await host_.remove_other_number();
    // Not stored: Kafka still has the command, and the next holder does it.
    if (!removed || stopped_) co_return;
  }
  if (lifecycle_.status() == v1::LINE_STATUS_CONNECTED) {
    ControlAnswer answer = done(v1::ALREADY_CONNECTED);
    co_await conclude_(std::move(job), std::move(answer));
    co_return;
  }
  if (lifecycle_.active() && !lifecycle_.registered() && is_other_number(number, host_.pairing_number())) {
    ControlAnswer answer = failed(v1::CREDENTIALS_CONFLICT, "pairing_another_number");
    co_await conclude_(std::move(job), std::move(answer));
    co_return;
  }
  waiting_.add(job);
  if (lifecycle_.active()) {
    host_.join_pairing(command);
  } else {
    host_.pair(command, job->command.head.origin.timestamp_ms);
  }
}

void PairDesk::status_changed() {
  if (waiting_.empty() || stopped_) return;
  ControlAnswer answer;
  if (lifecycle_.status() != v1::LINE_STATUS_CONNECTED) {
    // A line that is on its way, or will try again by itself, has not answered yet.
    const v1::ErrorCode blocked = blocked_by(lifecycle_.status());
    if (lifecycle_.active() || blocked == v1::ERROR_CODE_UNSPECIFIED) return;
    const bool named = lifecycle_.code() != v1::ERROR_CODE_UNSPECIFIED;
    answer = failed(named ? lifecycle_.code() : blocked, lifecycle_.detail());
  }
  for (ControlJobPtr& job : waiting_.take())
    tasks_.spawn(conclude_(std::move(job), answer));
}

void PairDesk::stop() {
  stopped_ = true;
  waiting_.stop();
}

}  // namespace linekeeper::worker
