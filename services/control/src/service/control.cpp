#include "service/control.hpp"

#include <algorithm>

#include "access/permission.hpp"
#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/contract/id.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "service/session_view.hpp"

namespace linekeeper::control {
namespace {

constexpr std::uint32_t kPage = 100;
constexpr std::uint32_t kMostPage = 500;

UnixTime wall_now() {
  return std::chrono::system_clock::now();
}

/// Walks over the names that this caller sees and that begin with `prefix`, after the one a page ended with.
class Walk {
 public:
  Walk(const std::vector<std::string>& sorted, const Caller& caller, const std::string& prefix,
       const std::string& after)
      : caller_(caller),
        prefix_(prefix),
        at_(std::max(std::lower_bound(sorted.begin(), sorted.end(), prefix),
                     std::upper_bound(sorted.begin(), sorted.end(), after))),
        end_(sorted.end()) {}

  /// Up to `count` more.
  std::vector<std::string> take(std::size_t count) {
    std::vector<std::string> some;
    for (; some.size() < count && at_ != end_ && at_->starts_with(prefix_); ++at_)
      if (caller_.sees(*at_)) some.push_back(*at_);
    return some;
  }

 private:
  const Caller& caller_;
  const std::string& prefix_;
  std::vector<std::string>::const_iterator at_;
  std::vector<std::string>::const_iterator end_;
};

v1::Command command_of(const v1::GetCommandRequest& request, const Outcome& outcome) {
  v1::Command command;
  command.set_session_id(request.session_id());
  command.set_command_id(request.command_id());
  switch (outcome.how) {
    case v1::COMMAND_OUTCOME_DONE: command.set_state(v1::COMMAND_STATE_DONE); break;
    case v1::COMMAND_OUTCOME_UNKNOWN: command.set_state(v1::COMMAND_STATE_UNKNOWN); break;
    default: command.set_state(v1::COMMAND_STATE_FAILED); break;
  }
  if (outcome.error.code() != v1::ERROR_CODE_UNSPECIFIED) *command.mutable_error() = outcome.error;
  command.set_message_id(outcome.outbound.message_id());
  return command;
}

}  // namespace

std::optional<Failure> invalid(std::string_view session_id) {
  if (contract::is_valid_id(session_id)) return std::nullopt;
  return Failure(v1::MISSING_SESSION_ID);
}

std::optional<Failure> invalid(std::string_view session_id, std::string_view command_id) {
  if (auto wrong = invalid(session_id)) return wrong;
  if (command_id.empty() || contract::is_valid_id(command_id)) return std::nullopt;
  return Failure(v1::INVALID_COMMAND_ID);
}

awaitable<Answer<Control::Seen>> Control::look(std::string session, bool with_pairing) {
  std::vector<std::string> one{session};
  auto lines = co_await lines_.glance(std::move(one));
  if (!lines) co_return store_failure(lines.error());
  auto credentials = co_await lines_.field(*lines, std::string(transport::kCredentialsField));
  if (!credentials) co_return store_failure(credentials.error());
  Seen seen;
  seen.line = std::move(lines->front());
  const auto at = with_pairing ? std::optional(wall_now()) : std::nullopt;
  seen.session = session_of(seen.line, account_of(credentials->front()), feed_.board().find(session), at);
  // A line that a worker has told of and that nothing is stored of yet is known all the same.
  seen.line.known = seen.line.known || feed_.board().find(session) != nullptr;
  co_return std::move(seen);
}

awaitable<Answer<Control::Seen>> Control::look_known(std::string session) {
  auto seen = co_await look(std::move(session), false);
  if (auto* found = std::get_if<Seen>(&seen); found != nullptr && !found->line.known)
    co_return Failure(v1::SESSION_UNKNOWN);
  co_return std::move(seen);
}

awaitable<Answer<std::vector<v1::Session>>> Control::look_all(std::vector<std::string> sessions) {
  auto lines = co_await lines_.glance(std::move(sessions));
  if (!lines) co_return store_failure(lines.error());
  auto credentials = co_await lines_.field(*lines, std::string(transport::kCredentialsField));
  if (!credentials) co_return store_failure(credentials.error());
  std::vector<v1::Session> seen;
  for (std::size_t i = 0; i < lines->size(); ++i) {
    const auth::LineGlance& line = (*lines)[i];
    seen.push_back(session_of(line, account_of((*credentials)[i]), feed_.board().find(line.session)));
  }
  co_return std::move(seen);
}

awaitable<Answer<v1::Session>> Control::get_session(Call call, v1::GetSessionRequest request) {
  if (auto wrong = invalid(request.session_id())) co_return std::move(*wrong);
  const Role role = request.include_pairing() ? Role::operate : Role::read;
  if (auto denied = refusal(call.caller, role, request.session_id())) co_return std::move(*denied);
  auto seen = co_await look(request.session_id(), request.include_pairing());
  if (auto* failed = std::get_if<Failure>(&seen)) co_return std::move(*failed);
  Seen& found = std::get<Seen>(seen);
  if (!found.line.known) co_return Failure(v1::SESSION_UNKNOWN);
  co_return std::move(found.session);
}

awaitable<Answer<v1::CredentialStatus>> Control::get_credential_status(Call call,
                                                                       v1::GetCredentialStatusRequest request) {
  if (auto wrong = invalid(request.session_id())) co_return std::move(*wrong);
  if (auto denied = refusal(call.caller, Role::read, request.session_id())) co_return std::move(*denied);
  auto seen = co_await look_known(request.session_id());
  if (auto* failed = std::get_if<Failure>(&seen)) co_return std::move(*failed);
  const Seen& found = std::get<Seen>(seen);
  co_return credential_status_of(found.line, found.session);
}

awaitable<Answer<v1::ListSessionsResponse>> Control::list_sessions(Call call, v1::ListSessionsRequest request) {
  if (auto denied = refusal(call.caller, Role::read)) co_return std::move(*denied);
  std::string after;
  if (!request.page_token().empty()) {
    const auto decoded = from_base64(request.page_token());
    if (!decoded || !contract::is_valid_id(as_text(*decoded))) co_return Failure(v1::INVALID_REQUEST, "page_token");
    after = to_text(*decoded);
  }
  if (request.page_size() > kMostPage) co_return Failure(v1::INVALID_REQUEST, "page_size");
  const std::size_t page = request.page_size() == 0 ? kPage : request.page_size();
  const auto all = co_await names_.all();
  if (!all) co_return store_failure(all.error());
  const SessionNames::List names = *all;  // Which another call may replace meanwhile.

  v1::ListSessionsResponse response;
  const auto wanted = [&](v1::LineStatus status) {
    return request.statuses().empty() || std::ranges::find(request.statuses(), status) != request.statuses().end();
  };
  // Where only some are wanted, larger bites save round trips.
  const std::size_t bite = request.statuses().empty() ? page : kMostPage;
  Walk walk(*names, call.caller, request.prefix(), after);
  std::vector<std::string> some = walk.take(bite);
  while (!some.empty() && std::size_t(response.sessions_size()) < page) {
    // Whether another follows is known without asking the store.
    std::vector<std::string> next = walk.take(bite);
    auto seen = co_await look_all(std::move(some));
    if (auto* failed = std::get_if<Failure>(&seen)) co_return std::move(*failed);
    auto& sessions = std::get<std::vector<v1::Session>>(seen);
    for (std::size_t i = 0; i < sessions.size() && std::size_t(response.sessions_size()) < page; ++i) {
      if (!wanted(sessions[i].status())) continue;
      const bool last = i + 1 == sessions.size() && next.empty();
      if (std::size_t(response.sessions_size()) + 1 == page && !last)
        response.set_next_page_token(to_base64url(as_bytes(sessions[i].session_id())));
      *response.add_sessions() = std::move(sessions[i]);
    }
    some = std::move(next);
  }
  co_return std::move(response);
}

awaitable<Answer<v1::Command>> Control::get_command(Call call, v1::GetCommandRequest request) {
  if (auto wrong = invalid(request.session_id())) co_return std::move(*wrong);
  if (!contract::is_valid_id(request.command_id())) co_return Failure(v1::INVALID_COMMAND_ID);
  if (auto denied = refusal(call.caller, Role::read, request.session_id())) co_return std::move(*denied);
  auto kept = co_await lines_.command(request.session_id(), request.command_id());
  if (kept && *kept) {
    if (const auto outcome = outcome_of(**kept)) co_return command_of(request, *outcome);
    v1::Command command;
    command.set_session_id(request.session_id());
    command.set_command_id(request.command_id());
    command.set_state(v1::COMMAND_STATE_SENDING);
    command.set_message_id((*kept)->message_id);
    co_return std::move(command);
  }
  const Outcomes::Key key{request.session_id(), request.command_id()};
  if (const Outcome* heard = feed_.outcomes().find(key)) co_return command_of(request, *heard);
  if (!kept) {
    if (kept.error() == Errc::unknown_key) co_return Failure(v1::STATE_UNREADABLE, "key_ring");
    co_return store_failure(kept.error());
  }
  if (!feed_.outcomes().awaited(key)) co_return Failure(v1::COMMAND_UNKNOWN);
  v1::Command command;
  command.set_session_id(request.session_id());
  command.set_command_id(request.command_id());
  command.set_state(v1::COMMAND_STATE_WAITING);
  co_return std::move(command);
}

}  // namespace linekeeper::control
