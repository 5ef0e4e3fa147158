// The shapes that clients of older gateways know. Each is made of the calls above; docs/compatible-calls.md maps them.

#include <nlohmann/json.hpp>

#include "linekeeper/base/bytes.hpp"
#include "web/gateway.hpp"
#include "web/json.hpp"
#include "web/phone_format.hpp"
#include "web/qr_image.hpp"

namespace linekeeper::control {
namespace {

using json = nlohmann::json;

constexpr unsigned kRetryInMs = 3000;

http::Response respond(const json& body, unsigned status = 200) {
  return http::Response::json(status, body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

/// The older names of statuses.
std::string_view status_name(v1::LineStatus status) {
  switch (status) {
    case v1::LINE_STATUS_NEEDS_PAIRING: return "needs_qr";
    case v1::LINE_STATUS_PAIRING: return "qr_ready";
    case v1::LINE_STATUS_CONNECTING:
    case v1::LINE_STATUS_SYNCING: return "connecting";
    case v1::LINE_STATUS_CONNECTED: return "connected";
    case v1::LINE_STATUS_LOGGED_OUT: return "logged_out";
    case v1::LINE_STATUS_BANNED: return "banned";
    default: return "disconnected";
  }
}

bool connecting(v1::LineStatus status) {
  return status == v1::LINE_STATUS_CONNECTING || status == v1::LINE_STATUS_SYNCING;
}

json qr_body(const std::string& session, const v1::Qr& qr) {
  return {{"sessionId", session},
          {"status", "qr_ready"},
          {"qr", "data:image/png;base64," + to_base64(as_bytes(qr_png(qr.text())))}};
}

http::Response try_again(const std::string& session, std::string_view status) {
  return respond({{"sessionId", session}, {"status", status}, {"retryIn", kRetryInMs}}, 202);
}

http::Response already_connected(const std::string& session) {
  return respond({{"sessionId", session}, {"status", "connected"}, {"error", "already connected"}}, 409);
}

http::Response reset_done(const std::string& session) {
  return respond(
      {{"sessionId", session}, {"success", true}, {"status", "needs_qr"}, {"nextRetryAt", nullptr}, {"retryCount", 0}});
}

/// How long a caller of these waits for a QR: they were made to ask again.
net::Deadline soon(const net::Deadline& deadline) {
  return deadline.or_sooner(net::Deadline::after(std::chrono::seconds(10)));
}

}  // namespace

awaitable<http::Response> Gateway::compat_create(WebRequest request) {
  v1::PairCommand command;
  if (const auto wrong = from_json(request.http.body, command)) co_return error_response(*wrong);
  if (command.command_id().empty()) command.set_command_id(request.command_id());
  const std::string session = command.session_id();
  request.call.deadline = soon(request.call.deadline);
  auto answer = co_await begin_pairing(std::move(request.call), std::move(command));
  if (const auto* failed = std::get_if<Failure>(&answer)) {
    if (failed->code == v1::OUTCOME_PENDING) co_return try_again(session, "connecting");
    co_return error_response(*failed);
  }
  const auto& progress = std::get<v1::PairProgress>(answer);
  if (progress.has_qr()) co_return respond(qr_body(session, progress.qr()), 201);
  co_return respond({{"sessionId", session}, {"status", status_name(progress.status())}}, 201);
}

awaitable<http::Response> Gateway::compat_status(WebRequest request) {
  // Whether a QR is live is no secret, its text is: this call may be made by whoever may read.
  v1::GetSessionRequest asked;
  asked.set_session_id(request.session());
  const auto answer = co_await control_.get_session(std::move(request.call), std::move(asked));
  if (const auto* failed = std::get_if<Failure>(&answer)) co_return error_response(*failed);
  const auto& session = std::get<v1::Session>(answer);
  const bool connected = session.status() == v1::LINE_STATUS_CONNECTED;
  const bool qr = session.status() == v1::LINE_STATUS_PAIRING;
  const json body = {{"sessionId", session.session_id()},
                     {"status", status_name(session.status())},
                     {"connected", connected},
                     {"isConnected", connected},
                     {"isDisconnected", !connected && !qr && !connecting(session.status())},
                     {"hasQR", qr},
                     {"hasQRCode", qr},
                     {"canReconnect", !connected && !connecting(session.status())},
                     {"phoneNumber", session.phone_number().empty() ? json() : json(session.phone_number())}};
  co_return respond(body);
}

awaitable<http::Response> Gateway::compat_reconnect(WebRequest request) {
  const std::string session = request.session();
  v1::GetSessionRequest look;
  look.set_session_id(session);
  const auto seen = co_await control_.get_session(request.call, std::move(look));
  if (const auto* failed = std::get_if<Failure>(&seen); failed != nullptr && failed->code != v1::SESSION_UNKNOWN)
    co_return error_response(*failed);
  const auto* now = std::get_if<v1::Session>(&seen);
  if (now != nullptr && now->status() == v1::LINE_STATUS_CONNECTED) co_return already_connected(session);
  // A pair command connects a line that has credentials and shows a QR for one that has none: just what is asked here.
  v1::PairCommand command;
  command.set_session_id(session);
  command.set_command_id(request.command_id());
  request.call.deadline = soon(request.call.deadline);
  const auto answer = co_await begin_pairing(std::move(request.call), std::move(command));
  if (const auto* failed = std::get_if<Failure>(&answer)) {
    if (failed->code == v1::OUTCOME_PENDING) co_return try_again(session, "connecting");
    co_return error_response(*failed);
  }
  const auto& progress = std::get<v1::PairProgress>(answer);
  if (progress.has_qr()) co_return respond(qr_body(session, progress.qr()));
  if (progress.reason().code() == v1::ALREADY_CONNECTED) co_return already_connected(session);
  co_return respond({{"sessionId", session}, {"status", status_name(progress.status())}});
}

awaitable<http::Response> Gateway::compat_restart(WebRequest request) {
  const std::string session = request.session();
  v1::DisconnectRequest down;
  down.set_session_id(session);
  const auto stopped = co_await control_.disconnect(request.call, std::move(down));
  if (const auto* failed = std::get_if<Failure>(&stopped)) co_return change_response(*failed, session);
  v1::ReconnectRequest up;
  up.set_session_id(session);
  const auto started = co_await control_.reconnect(std::move(request.call), std::move(up));
  if (const auto* failed = std::get_if<Failure>(&started)) co_return change_response(*failed, session);
  const auto& now = std::get<v1::CommandResult>(started).session();
  co_return respond({{"sessionId", session}, {"success", true}, {"status", status_name(now.status())}});
}

awaitable<http::Response> Gateway::compat_delete(WebRequest request) {
  const std::string session = request.session();
  v1::ResetCredentialsRequest asked;
  asked.set_session_id(session);
  asked.set_command_id(request.command_id());
  asked.set_logout(true);
  asked.set_reason("deleted");
  const auto answer = co_await control_.reset_credentials(std::move(request.call), std::move(asked));
  if (const auto* failed = std::get_if<Failure>(&answer)) co_return change_response(*failed, session);
  co_return respond({{"sessionId", session}, {"success", true}});
}

awaitable<http::Response> Gateway::compat_credentials_status(WebRequest request) {
  v1::GetCredentialStatusRequest asked;
  asked.set_session_id(request.session());
  const auto answer = co_await control_.get_credential_status(std::move(request.call), std::move(asked));
  if (const auto* failed = std::get_if<Failure>(&answer)) co_return error_response(*failed);
  const auto& status = std::get<v1::CredentialStatus>(answer);
  co_return respond({{"hasCredentials", status.has_credentials()},
                     {"storedPhone", status.stored_phone().empty() ? json() : json(status.stored_phone())},
                     {"canReset", status.can_reset()}});
}

awaitable<http::Response> Gateway::compat_reset(WebRequest request) {
  const std::string session = request.session();
  v1::ResetCredentialsRequest asked;
  asked.set_session_id(session);
  asked.set_command_id(request.command_id());
  const auto answer = co_await control_.reset_credentials(std::move(request.call), std::move(asked));
  if (const auto* failed = std::get_if<Failure>(&answer)) co_return change_response(*failed, session);
  co_return reset_done(session);
}

awaitable<http::Response> Gateway::compat_regenerate_qr(WebRequest request) {
  const std::string session = request.session();
  v1::GetSessionRequest look;
  look.set_session_id(session);
  const auto seen = co_await control_.get_session(request.call, std::move(look));
  if (const auto* failed = std::get_if<Failure>(&seen)) co_return error_response(*failed);
  const v1::LineStatus status = std::get<v1::Session>(seen).status();
  if (connecting(status) || status == v1::LINE_STATUS_PAIRING || status == v1::LINE_STATUS_CONNECTED)
    co_return error_response(Failure(v1::LINE_BUSY, std::string(status_name(status))));
  auto response = co_await compat_reconnect(std::move(request));
  co_return std::move(response);
}

http::Response Gateway::compat_format_phone(const WebRequest& request) {
  const std::string number(request.http.parameter("number").value_or(""));
  const std::string country(request.http.parameter("country").value_or(""));
  const auto formatted = format_phone(number, country);
  if (!formatted) return error_response(Failure(v1::INVALID_PHONE));
  return respond({{"number", number}, {"formatted", *formatted}, {"jid", *formatted + "@s.whatsapp.net"}});
}

}  // namespace linekeeper::control
