#include "client.hpp"

#include <grpcpp/grpcpp.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "linekeeper/v1/control.grpc.pb.h"

namespace linekeeper::lkctl {
namespace {

std::string name_of(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE: return "UNAVAILABLE";
    case grpc::StatusCode::DEADLINE_EXCEEDED: return "DEADLINE_EXCEEDED";
    case grpc::StatusCode::UNIMPLEMENTED: return "UNIMPLEMENTED";
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return "RESOURCE_EXHAUSTED";
    case grpc::StatusCode::CANCELLED: return "CANCELLED";
    default: return "RPC_ERROR_" + std::to_string(static_cast<int>(code));
  }
}

std::optional<CallError> error_of(const grpc::Status& status) {
  if (status.ok()) return std::nullopt;
  CallError error{name_of(status.error_code()), status.error_message(), {}, {}};
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  if (!details.ParseFromString(status.error_details()) || details.details().empty() ||
      !details.details(0).UnpackTo(&info))
    return error;
  error.code = info.reason();
  const auto entry = [&](const char* name) {
    const auto found = info.metadata().find(name);
    return found == info.metadata().end() ? std::string() : found->second;
  };
  error.detail = entry("detail");
  error.command_id = entry("command_id");
  return error;
}

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const Server& server) {
  if (!server.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = server.ca_pem;
  options.pem_cert_chain = server.certificate;
  options.pem_private_key = server.key;
  return grpc::SslCredentials(options);
}

}  // namespace

struct Client::Impl {
  explicit Impl(Server s)
      : server(std::move(s)), stub(v1::Control::NewStub(grpc::CreateChannel(server.address, credentials_of(server)))) {}

  void prepare(grpc::ClientContext& context, bool limited) const {
    if (limited) context.set_deadline(std::chrono::system_clock::now() + server.timeout);
    if (!server.token.empty()) context.AddMetadata("authorization", "Bearer " + server.token);
  }

  template <typename Request, typename Response>
  std::optional<CallError> call(grpc::Status (v1::Control::StubInterface::*method)(grpc::ClientContext*, const Request&,
                                                                                   Response*),
                                const Request& request, Response& response) {
    grpc::ClientContext context;
    prepare(context, true);
    return error_of((*stub.*method)(&context, request, &response));
  }

  Server server;
  std::unique_ptr<v1::Control::StubInterface> stub;
};

Client::Client(Server server) : impl_(std::make_unique<Impl>(std::move(server))) {}
Client::~Client() = default;

using Stub = v1::Control::StubInterface;

std::optional<CallError> Client::list(const v1::ListSessionsRequest& request, v1::ListSessionsResponse& response) {
  return impl_->call(&Stub::ListSessions, request, response);
}
std::optional<CallError> Client::credentials(const v1::GetCredentialStatusRequest& request,
                                             v1::CredentialStatus& response) {
  return impl_->call(&Stub::GetCredentialStatus, request, response);
}
std::optional<CallError> Client::session(const v1::GetSessionRequest& request, v1::Session& response) {
  return impl_->call(&Stub::GetSession, request, response);
}
std::optional<CallError> Client::send(const v1::SendCommand& request, v1::SendMessageResponse& response) {
  return impl_->call(&Stub::SendMessage, request, response);
}
std::optional<CallError> Client::reset(const v1::ResetCredentialsRequest& request,
                                       v1::ResetCredentialsResponse& response) {
  return impl_->call(&Stub::ResetCredentials, request, response);
}
std::optional<CallError> Client::logout(const v1::LogoutRequest& request, v1::CommandResult& response) {
  return impl_->call(&Stub::Logout, request, response);
}
std::optional<CallError> Client::connect(const v1::ReconnectRequest& request, v1::CommandResult& response) {
  return impl_->call(&Stub::Reconnect, request, response);
}
std::optional<CallError> Client::disconnect(const v1::DisconnectRequest& request, v1::CommandResult& response) {
  return impl_->call(&Stub::Disconnect, request, response);
}
std::optional<CallError> Client::check(const v1::CheckNumbersRequest& request, v1::CheckNumbersResponse& response) {
  return impl_->call(&Stub::CheckNumbers, request, response);
}
std::optional<CallError> Client::command(const v1::GetCommandRequest& request, v1::Command& response) {
  return impl_->call(&Stub::GetCommand, request, response);
}

std::optional<CallError> Client::pair(const v1::PairCommand& request,
                                      const std::function<void(const v1::PairProgress&)>& took) {
  grpc::ClientContext context;
  impl_->prepare(context, false);
  const auto reader = impl_->stub->Pair(&context, request);
  v1::PairProgress message;
  while (reader->Read(&message))
    took(message);
  return error_of(reader->Finish());
}

std::optional<CallError> Client::watch(const v1::WatchSessionsRequest& request,
                                       const std::function<void(const v1::SessionChange&)>& took) {
  grpc::ClientContext context;
  impl_->prepare(context, false);
  const auto reader = impl_->stub->WatchSessions(&context, request);
  v1::SessionChange message;
  while (reader->Read(&message))
    took(message);
  return error_of(reader->Finish());
}

}  // namespace linekeeper::lkctl
