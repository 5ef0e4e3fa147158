#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "linekeeper/v1/control.pb.h"

namespace linekeeper::lkctl {

/// Where the control room is, and who asks.
struct Server {
  std::string address = "127.0.0.1:8089";
  std::string token;  ///< Empty: none.
  bool tls = false;
  std::string ca_pem;       ///< Empty: the system's authorities.
  std::string certificate;  ///< PEM, with `key`: who we are.
  std::string key;
  std::chrono::milliseconds timeout{30'000};
};

/// Why a call has no answer, in the service's own code and words.
struct CallError {
  std::string code;  ///< Of docs/errors.md, or gRPC's own name where the service did not answer.
  std::string message;
  std::string detail;
  std::string command_id;
};

/// One connection, one call at a time. Calls block.
class Client {
 public:
  explicit Client(Server server);
  ~Client();

  std::optional<CallError> list(const v1::ListSessionsRequest& request, v1::ListSessionsResponse& response);
  std::optional<CallError> credentials(const v1::GetCredentialStatusRequest& request, v1::CredentialStatus& response);
  std::optional<CallError> session(const v1::GetSessionRequest& request, v1::Session& response);
  std::optional<CallError> send(const v1::SendCommand& request, v1::SendMessageResponse& response);
  std::optional<CallError> reset(const v1::ResetCredentialsRequest& request, v1::ResetCredentialsResponse& response);
  std::optional<CallError> logout(const v1::LogoutRequest& request, v1::CommandResult& response);
  std::optional<CallError> connect(const v1::ReconnectRequest& request, v1::CommandResult& response);
  std::optional<CallError> disconnect(const v1::DisconnectRequest& request, v1::CommandResult& response);
  std::optional<CallError> check(const v1::CheckNumbersRequest& request, v1::CheckNumbersResponse& response);
  std::optional<CallError> command(const v1::GetCommandRequest& request, v1::Command& response);
  /// `took` is called with each message. The timeout does not hold for streams: the service's own does for `pair`.
  std::optional<CallError> pair(const v1::PairCommand& request,
                                const std::function<void(const v1::PairProgress&)>& took);
  std::optional<CallError> watch(const v1::WatchSessionsRequest& request,
                                 const std::function<void(const v1::SessionChange&)>& took);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::lkctl
