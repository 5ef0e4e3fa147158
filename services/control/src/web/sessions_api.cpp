// Control's calls as HTTP: paths and query become the request, the answer is Protobuf's JSON.

#include <charconv>

#include "web/gateway.hpp"
#include "web/json.hpp"

namespace linekeeper::control {
namespace {

/// The session in the path wins; whoever names another in the body means something else than the path says.
std::optional<Failure> take_session(const WebRequest& request, std::string* session) {
  if (!session->empty() && *session != request.session()) return Failure(v1::INVALID_REQUEST, "session_id");
  *session = request.session();
  return std::nullopt;
}

template <typename Message>
std::optional<Failure> read(const WebRequest& request, Message& message) {
  if (auto wrong = from_json(request.http.body, message)) return wrong;
  if (message.command_id().empty()) message.set_command_id(request.command_id());
  return take_session(request, message.mutable_session_id());
}

bool truth(const http::Request& request, std::string_view name) {
  const auto value = request.parameter(name);
  return value && (*value == "true" || *value == "1" || value->empty());
}

/// Takes the first message that shows something to act on, then is gone.
class FirstSign final : public Sink<v1::PairProgress> {
 public:
  awaitable<bool> write(v1::PairProgress message) override {
    last_ = std::move(message);
    seen_ = last_.has_qr() || last_.has_code() || last_.has_session();
    co_return !seen_;
  }
  bool gone() const noexcept override { return seen_; }
  v1::PairProgress& last() noexcept { return last_; }

 private:
  v1::PairProgress last_;
  bool seen_ = false;
};

template <typename Response>
http::Response respond(const Answer<Response>& answer) {
  if (const auto* failed = std::get_if<Failure>(&answer)) return error_response(*failed);
  return json_response(std::get<Response>(answer));
}

template <typename Response>
http::Response respond_to_change(const Answer<Response>& answer, const std::string& session) {
  if (const auto* failed = std::get_if<Failure>(&answer)) return change_response(*failed, session);
  return json_response(std::get<Response>(answer));
}

}  // namespace

awaitable<http::Response> Gateway::list(WebRequest request) {
  v1::ListSessionsRequest asked;
  if (const auto size = request.http.parameter("pageSize")) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(size->data(), size->data() + size->size(), number);
    if (error != std::errc() || end != size->data() + size->size())
      co_return error_response(Failure(v1::INVALID_REQUEST, "page_size"));
    asked.set_page_size(number);
  }
  asked.set_page_token(std::string(request.http.parameter("pageToken").value_or("")));
  asked.set_prefix(std::string(request.http.parameter("prefix").value_or("")));
  for (const auto& [name, value] : request.http.query) {
    if (name != "status") continue;
    v1::LineStatus status = v1::LINE_STATUS_UNSPECIFIED;
    if (!v1::LineStatus_Parse(value, &status) && !v1::LineStatus_Parse("LINE_STATUS_" + value, &status))
      co_return error_response(Failure(v1::INVALID_REQUEST, "status"));
    asked.add_statuses(status);
  }
  const auto answer = co_await control_.list_sessions(std::move(request.call), std::move(asked));
  co_return respond(answer);
}

awaitable<http::Response> Gateway::get_session(WebRequest request) {
  v1::GetSessionRequest asked;
  asked.set_session_id(request.session());
  asked.set_include_pairing(truth(request.http, "includePairing"));
  const auto answer = co_await control_.get_session(std::move(request.call), std::move(asked));
  co_return respond(answer);
}

awaitable<http::Response> Gateway::get_command(WebRequest request) {
  v1::GetCommandRequest asked;
  asked.set_session_id(request.session());
  asked.set_command_id(request.path.at(3));
  const auto answer = co_await control_.get_command(std::move(request.call), std::move(asked));
  co_return respond(answer);
}

awaitable<http::Response> Gateway::credentials(WebRequest request) {
  v1::GetCredentialStatusRequest asked;
  asked.set_session_id(request.session());
  const auto answer = co_await control_.get_credential_status(std::move(request.call), std::move(asked));
  co_return respond(answer);
}

awaitable<Answer<v1::PairProgress>> Gateway::begin_pairing(Call call, v1::PairCommand command) {
  FirstSign sign;
  Bell bell(executor_);
  auto failed = co_await control_.pair(std::move(call), std::move(command), sign, bell);
  if (failed) co_return std::move(*failed);
  co_return std::move(sign.last());
}

awaitable<http::Response> Gateway::pair(WebRequest request) {
  v1::PairCommand command;
  if (const auto wrong = read(request, command)) co_return error_response(*wrong);
  const std::string session = request.session();
  const auto answer = co_await begin_pairing(std::move(request.call), std::move(command));
  co_return respond_to_change(answer, session);
}

awaitable<http::Response> Gateway::send(WebRequest request) {
  v1::SendCommand command;
  if (const auto wrong = read(request, command)) co_return error_response(*wrong);
  const std::string session = request.session();
  const auto answer = co_await control_.send_message(std::move(request.call), std::move(command));
  co_return respond_to_change(answer, session);
}

awaitable<http::Response> Gateway::check_numbers(WebRequest request) {
  v1::CheckNumbersRequest asked;
  if (const auto wrong = read(request, asked)) co_return error_response(*wrong);
  const auto answer = co_await control_.check_numbers(std::move(request.call), std::move(asked));
  co_return respond(answer);
}

awaitable<http::Response> Gateway::reset(WebRequest request) {
  v1::ResetCredentialsRequest asked;
  if (const auto wrong = read(request, asked)) co_return error_response(*wrong);
  const std::string session = request.session();
  const auto answer = co_await control_.reset_credentials(std::move(request.call), std::move(asked));
  co_return respond_to_change(answer, session);
}

awaitable<http::Response> Gateway::line_action(WebRequest request, std::string verb) {
  const std::string session = request.session();
  Answer<v1::CommandResult> answer = Failure();
  if (verb == "connect") {
    v1::ReconnectRequest asked;
    if (const auto wrong = read(request, asked)) co_return error_response(*wrong);
    answer = co_await control_.reconnect(std::move(request.call), std::move(asked));
  } else if (verb == "disconnect") {
    v1::DisconnectRequest asked;
    if (const auto wrong = read(request, asked)) co_return error_response(*wrong);
    answer = co_await control_.disconnect(std::move(request.call), std::move(asked));
  } else {
    v1::LogoutRequest asked;
    if (const auto wrong = read(request, asked)) co_return error_response(*wrong);
    answer = co_await control_.logout(std::move(request.call), std::move(asked));
  }
  co_return respond_to_change(answer, session);
}

}  // namespace linekeeper::control
