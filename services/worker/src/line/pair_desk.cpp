#include "line/pair_desk.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
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
    : executor_(executor),
      lifecycle_(lifecycle),
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
  on_stored_ = on_stored_ || lifecycle_.registered();
  if (lifecycle_.active()) {
    host_.join_pairing(command);
  } else {
    host_.pair(command, job->command.head.origin.timestamp_ms);
  }
}

void PairDesk::status_changed() {
  if (lifecycle_.status() == v1::LINE_STATUS_CONNECTED) on_stored_ = false;
  if (waiting_.empty() || stopped_) return;
  // Stored credentials that the server does not know, as of a pairing cut off in the middle or one the phone has ended
  // since: whoever asked for a paired line gets one.
  if (lifecycle_.status() == v1::LINE_STATUS_LOGGED_OUT && lifecycle_.detail() == "login_refused" &&
      std::exchange(on_stored_, false)) {
    tasks_.spawn(ask_phone());
    return;
  }
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

awaitable<void> PairDesk::ask_phone() {
  // Not within the change of status that led here.
  co_await boost::asio::post(executor_, boost::asio::use_awaitable);
  if (stopped_ || waiting_.empty() || lifecycle_.active() || lifecycle_.registered()) co_return;
  const Command& command = waiting_.first().command;
  host_.pair(std::get<v1::PairCommand>(command.body), command.head.origin.timestamp_ms);
}

void PairDesk::stop() {
  stopped_ = true;
  waiting_.stop();
}

}  // namespace linekeeper::worker
