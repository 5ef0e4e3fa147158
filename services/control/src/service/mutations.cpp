// What changes a line: each becomes a command, and its answer is what became of it.

#include "access/permission.hpp"
#include "linekeeper/crypto/random.hpp"
#include "service/control.hpp"
#include "service/session_view.hpp"

namespace linekeeper::control {
namespace {

constexpr std::size_t kMostReason = 512;
constexpr int kMostNumbers = 100;

template <typename T>
std::optional<Failure> failure_in(const Answer<T>& answer) {
  const auto* failed = std::get_if<Failure>(&answer);
  return failed == nullptr ? std::nullopt : std::optional(*failed);
}

}  // namespace

CommandId::CommandId(std::string given) : text(std::move(given)), chosen(!text.empty()) {
  if (!chosen) text = "ctl-" + to_hex(crypto::random_bytes(12));
}

awaitable<Answer<Control::Seen>> Control::admit(const Call& call, Role role, std::string session,
                                                std::string command_id) {
  if (auto wrong = invalid(session, command_id)) co_return std::move(*wrong);
  if (auto denied = refusal(call.caller, role, session)) co_return std::move(*denied);
  auto known = co_await look_known(std::move(session));
  co_return std::move(known);
}

awaitable<Answer<Outcome>> Control::perform(const Call& call, const std::string& topic, std::string session,
                                            CommandId id, std::string payload) {
  Order order;
  order.topic = topic;
  order.session_id = std::move(session);
  order.command_id = std::move(id.text);
  order.chosen = id.chosen;
  order.payload = std::move(payload);
  order.traceparent = call.traceparent;
  auto outcome = co_await commands_.perform(std::move(order), call.deadline);
  co_return std::move(outcome);
}

awaitable<Answer<v1::CommandResult>> Control::act(const Call& call, v1::LineCommand command, CommandId id, Role role) {
  const std::string session = command.session_id();
  auto known = co_await admit(call, role, session, command.command_id());
  if (auto* failed = std::get_if<Failure>(&known)) co_return std::move(*failed);
  command.set_command_id(id.text);
  auto outcome = co_await perform(call, topics_.line, session, id, command.SerializeAsString());
  if (auto* failed = std::get_if<Failure>(&outcome)) co_return std::move(*failed);
  v1::CommandResult result;
  result.set_command_id(id.text);
  const Outcome& done = std::get<Outcome>(outcome);
  // Where the line stands now is the session's to say; here only what is to be known besides.
  if (!done.error.detail().empty()) *result.mutable_note() = done.error;
  auto now = co_await look(session, false);
  if (auto* seen = std::get_if<Seen>(&now)) *result.mutable_session() = std::move(seen->session);
  co_return std::move(result);
}

awaitable<Answer<v1::CommandResult>> Control::line_action(Call call, std::string session, std::string command_id,
                                                          v1::LineAction action, Role role, std::string name) {
  const CommandId id(command_id);
  v1::LineCommand command;
  command.set_session_id(session);
  command.set_command_id(command_id);
  command.set_action(action);
  auto answer = co_await act(call, std::move(command), id, role);
  audit_.mutation(call, name, session, id.text, failure_in(answer));
  co_return std::move(answer);
}

awaitable<Answer<v1::CommandResult>> Control::reconnect(Call call, v1::ReconnectRequest request) {
  return line_action(std::move(call), request.session_id(), request.command_id(), v1::LINE_ACTION_CONNECT,
                     Role::operate, "Reconnect");
}
awaitable<Answer<v1::CommandResult>> Control::disconnect(Call call, v1::DisconnectRequest request) {
  return line_action(std::move(call), request.session_id(), request.command_id(), v1::LINE_ACTION_DISCONNECT,
                     Role::operate, "Disconnect");
}
awaitable<Answer<v1::CommandResult>> Control::logout(Call call, v1::LogoutRequest request) {
  return line_action(std::move(call), request.session_id(), request.command_id(), v1::LINE_ACTION_LOGOUT, Role::admin,
                     "Logout");
}

awaitable<Answer<v1::ResetCredentialsResponse>> Control::reset(const Call& call,
                                                               const v1::ResetCredentialsRequest& request,
                                                               CommandId id) {
  if (request.reason().size() > kMostReason) co_return Failure(v1::INVALID_REQUEST, "reason");
  auto known = co_await admit(call, Role::admin, request.session_id(), request.command_id());
  if (auto* failed = std::get_if<Failure>(&known)) co_return std::move(*failed);
  Seen& before = std::get<Seen>(known);
  v1::ResetCredentialsResponse response;
  *response.mutable_before() = credential_status_of(before.line, before.session);
  *response.mutable_session() = std::move(before.session);
  if (request.dry_run()) co_return std::move(response);
  v1::ResetCommand command;
  command.set_session_id(request.session_id());
  command.set_command_id(id.text);
  command.set_logout(request.logout());
  command.set_reason(request.reason());
  command.set_actor(call.caller.name);
  auto outcome = co_await perform(call, topics_.reset, request.session_id(), id, command.SerializeAsString());
  if (auto* failed = std::get_if<Failure>(&outcome)) co_return std::move(*failed);
  response.set_command_id(id.text);
  auto now = co_await look(request.session_id(), false);
  if (auto* seen = std::get_if<Seen>(&now)) *response.mutable_session() = std::move(seen->session);
  co_return std::move(response);
}

awaitable<Answer<v1::ResetCredentialsResponse>> Control::reset_credentials(Call call,
                                                                           v1::ResetCredentialsRequest request) {
  const CommandId id(request.command_id());
  auto answer = co_await reset(call, request, id);
  const std::string_view name = request.dry_run() ? "ResetCredentials (dry run)" : "ResetCredentials";
  audit_.mutation(call, name, request.session_id(), id.text, failure_in(answer), request.reason());
  co_return std::move(answer);
}

awaitable<Answer<v1::SendMessageResponse>> Control::send(const Call& call, v1::SendCommand request, CommandId id) {
  const std::string session = request.session_id();
  auto known = co_await admit(call, Role::send, session, request.command_id());
  if (auto* failed = std::get_if<Failure>(&known)) co_return std::move(*failed);
  request.set_command_id(id.text);
  auto outcome = co_await perform(call, topics_.send, session, id, request.SerializeAsString());
  if (auto* failed = std::get_if<Failure>(&outcome)) co_return std::move(*failed);
  const v1::OutboundUpdate& update = std::get<Outcome>(outcome).outbound;
  v1::SendMessageResponse response;
  response.set_command_id(id.text);
  response.set_message_id(update.message_id());
  response.set_to(update.to());
  response.set_state(update.state());
  if (update.has_server_time()) *response.mutable_server_time() = update.server_time();
  co_return std::move(response);
}

awaitable<Answer<v1::SendMessageResponse>> Control::send_message(Call call, v1::SendCommand request) {
  const CommandId id(request.command_id());
  const std::string session = request.session_id();
  auto answer = co_await send(call, std::move(request), id);
  audit_.mutation(call, "SendMessage", session, id.text, failure_in(answer));
  co_return std::move(answer);
}

awaitable<Answer<v1::CheckNumbersResponse>> Control::check_numbers(Call call, v1::CheckNumbersRequest request) {
  if (request.numbers().empty() || request.numbers_size() > kMostNumbers)
    co_return Failure(v1::INVALID_REQUEST, "numbers");
  auto known = co_await admit(call, Role::send, request.session_id(), request.command_id());
  if (auto* failed = std::get_if<Failure>(&known)) co_return std::move(*failed);
  const CommandId id(request.command_id());
  v1::LineCommand command;
  command.set_session_id(request.session_id());
  command.set_command_id(id.text);
  command.set_action(v1::LINE_ACTION_CHECK_NUMBERS);
  *command.mutable_numbers() = request.numbers();
  auto outcome = co_await perform(call, topics_.line, request.session_id(), id, command.SerializeAsString());
  if (auto* failed = std::get_if<Failure>(&outcome)) co_return std::move(*failed);
  v1::CheckNumbersResponse response;
  response.set_command_id(id.text);
  *response.mutable_numbers() = std::get<Outcome>(outcome).event.numbers();
  co_return std::move(response);
}

}  // namespace linekeeper::control
