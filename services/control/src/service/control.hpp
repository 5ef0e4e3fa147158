#pragma once

#include <string>
#include <vector>

#include "board/event_feed.hpp"
#include "failure.hpp"
#include "linekeeper/auth/line_reader.hpp"
#include "linekeeper/kafka/topics.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "linekeeper/v1/control.pb.h"
#include "service/audit.hpp"
#include "service/call.hpp"
#include "service/commands.hpp"
#include "service/session_names.hpp"

namespace linekeeper::control {

/// The id of a command: the caller's own, or a new one.
struct CommandId {
  explicit CommandId(std::string given);
  std::string text;
  bool chosen;  ///< By the caller: it may have been used before.
};

/// `linekeeper.v1.Control`, whichever way it is asked: gRPC and HTTP both end here. Checks what the caller may and what
/// the request says, reads what is stored, writes commands and waits for their end. Keeps nothing for longer than
/// a second.
/// Threads: the executor's of its parts, which outlive it.
class Control {
 public:
  Control(EventFeed& feed, auth::LineReader& lines, Commands& commands, kafka::Topics topics, Audit& audit)
      : feed_(feed),
        lines_(lines),
        names_(lines, feed.board()),
        commands_(commands),
        topics_(std::move(topics)),
        audit_(audit) {}

  awaitable<Answer<v1::CredentialStatus>> get_credential_status(Call call, v1::GetCredentialStatusRequest request);
  awaitable<Answer<v1::Session>> get_session(Call call, v1::GetSessionRequest request);
  awaitable<Answer<v1::ListSessionsResponse>> list_sessions(Call call, v1::ListSessionsRequest request);
  awaitable<Answer<v1::Command>> get_command(Call call, v1::GetCommandRequest request);
  /// Why a watch cannot begin, if it cannot.
  std::optional<Failure> refuses_watch(const Call& call, const v1::WatchSessionsRequest& request) const;
  /// Until the deadline, or the receiver is gone. `bell` is the one that the sink rings.
  awaitable<std::optional<Failure>> watch_sessions(Call call, v1::WatchSessionsRequest request,
                                                   Sink<v1::SessionChange>& sink, Bell& bell);

  awaitable<std::optional<Failure>> pair(Call call, v1::PairCommand request, Sink<v1::PairProgress>& sink, Bell& bell);
  awaitable<Answer<v1::CommandResult>> reconnect(Call call, v1::ReconnectRequest request);
  awaitable<Answer<v1::CommandResult>> disconnect(Call call, v1::DisconnectRequest request);
  awaitable<Answer<v1::CommandResult>> logout(Call call, v1::LogoutRequest request);
  awaitable<Answer<v1::ResetCredentialsResponse>> reset_credentials(Call call, v1::ResetCredentialsRequest request);
  awaitable<Answer<v1::SendMessageResponse>> send_message(Call call, v1::SendCommand request);
  awaitable<Answer<v1::CheckNumbersResponse>> check_numbers(Call call, v1::CheckNumbersRequest request);

 private:
  /// A session with what is stored beside it.
  struct Seen {
    auth::LineGlance line;
    v1::Session session;
  };
  awaitable<Answer<Seen>> look(std::string session, bool with_pairing);
  awaitable<Answer<std::vector<v1::Session>>> look_all(std::vector<std::string> sessions);
  /// `look`, and a session that nobody knows is an error.
  awaitable<Answer<Seen>> look_known(std::string session);

  /// What every change asks first: valid ids, a caller who may, a session that is known.
  awaitable<Answer<Seen>> admit(const Call& call, Role role, std::string session, std::string command_id);
  awaitable<Answer<Outcome>> perform(const Call& call, const std::string& topic, std::string session, CommandId id,
                                     std::string payload);
  awaitable<Answer<v1::CommandResult>> line_action(Call call, std::string session, std::string command_id,
                                                   v1::LineAction action, Role role, std::string name);
  awaitable<Answer<v1::CommandResult>> act(const Call& call, v1::LineCommand command, CommandId id, Role role);
  awaitable<Answer<v1::ResetCredentialsResponse>> reset(const Call& call, const v1::ResetCredentialsRequest& request,
                                                        CommandId id);
  awaitable<Answer<v1::SendMessageResponse>> send(const Call& call, v1::SendCommand request, CommandId id);

  EventFeed& feed_;
  auth::LineReader& lines_;
  SessionNames names_;
  Commands& commands_;
  kafka::Topics topics_;
  Audit& audit_;
};

/// What is wrong with a session id or command id that a caller gave. An empty command id is none.
std::optional<Failure> invalid(std::string_view session_id);
std::optional<Failure> invalid(std::string_view session_id, std::string_view command_id);

}  // namespace linekeeper::control
