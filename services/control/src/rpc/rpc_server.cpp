#include "rpc/rpc_server.hpp"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "linekeeper/v1/control.grpc.pb.h"
#include "rpc/status.hpp"
#include "rpc/stream_reactor.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;
using grpc::CallbackServerContext;

constexpr auto kUnaryAtMost = 60s;   ///< For callers without a deadline.
constexpr auto kPairAtMost = 10min;  ///< The same: as long as a worker tries.
constexpr int kMostRequest = 2 * 1024 * 1024;

/// What a call brings, read before it leaves gRPC's thread.
struct Incoming {
  Presented presented;
  net::Deadline deadline = net::Deadline::never();
  std::string traceparent;
};

/// "ipv4:127.0.0.1:5000" and "ipv6:%5B::1%5D:5000" without kind and port.
std::string address_of(std::string peer) {
  const auto kind = peer.find(':');
  if (kind != std::string::npos && peer.starts_with("ip")) peer.erase(0, kind + 1);
  const auto port = peer.rfind(':');
  return port == std::string::npos ? peer : peer.substr(0, port);
}

std::string metadata_of(const CallbackServerContext& context, const char* name) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(name);
  return found == metadata.end() ? std::string() : std::string(found->second.data(), found->second.size());
}

/// A little before the caller's own: our word is to reach it before it gives up.
net::Deadline deadline_of(const CallbackServerContext& context, std::chrono::milliseconds otherwise) {
  const auto given = context.deadline();
  if (given == std::chrono::system_clock::time_point::max())
    return otherwise == 0ms ? net::Deadline::never() : net::Deadline::after(otherwise);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(given - std::chrono::system_clock::now());
  if (left > std::chrono::hours(24 * 365)) return net::Deadline::never();
  return net::Deadline::after(left - std::clamp(left / 5, 0ms, 200ms));
}

Incoming incoming_of(const CallbackServerContext& context, std::chrono::milliseconds otherwise) {
  Incoming incoming;
  incoming.presented.remote = address_of(context.peer());
  incoming.presented.authorization = metadata_of(context, "authorization");
  const auto auth = context.auth_context();
  if (auth && auth->IsPeerAuthenticated()) {
    const auto names = auth->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
    if (!names.empty()) incoming.presented.certificate = std::string(names.front().data(), names.front().size());
  }
  incoming.deadline = deadline_of(context, otherwise);
  incoming.traceparent = metadata_of(context, "traceparent");
  return incoming;
}

class Service final : public v1::Control::CallbackService {
 public:
  Service(boost::asio::any_io_executor executor, Control& control, Gate& gate, Audit& audit)
      : executor_(std::move(executor)), control_(control), gate_(gate), audit_(audit) {}

  using Unary = grpc::ServerUnaryReactor;

  Unary* GetCredentialStatus(CallbackServerContext* context, const v1::GetCredentialStatusRequest* request,
                             v1::CredentialStatus* response) override {
    return unary("GetCredentialStatus", *context, *request, *response, &Control::get_credential_status);
  }
  Unary* GetSession(CallbackServerContext* context, const v1::GetSessionRequest* request,
                    v1::Session* response) override {
    return unary("GetSession", *context, *request, *response, &Control::get_session);
  }
  Unary* ListSessions(CallbackServerContext* context, const v1::ListSessionsRequest* request,
                      v1::ListSessionsResponse* response) override {
    return unary("ListSessions", *context, *request, *response, &Control::list_sessions);
  }
  Unary* GetCommand(CallbackServerContext* context, const v1::GetCommandRequest* request,
                    v1::Command* response) override {
    return unary("GetCommand", *context, *request, *response, &Control::get_command);
  }
  Unary* Reconnect(CallbackServerContext* context, const v1::ReconnectRequest* request,
                   v1::CommandResult* response) override {
    return unary("Reconnect", *context, *request, *response, &Control::reconnect);
  }
  Unary* Disconnect(CallbackServerContext* context, const v1::DisconnectRequest* request,
                    v1::CommandResult* response) override {
    return unary("Disconnect", *context, *request, *response, &Control::disconnect);
  }
  Unary* Logout(CallbackServerContext* context, const v1::LogoutRequest* request,
                v1::CommandResult* response) override {
    return unary("Logout", *context, *request, *response, &Control::logout);
  }
  Unary* ResetCredentials(CallbackServerContext* context, const v1::ResetCredentialsRequest* request,
                          v1::ResetCredentialsResponse* response) override {
    return unary("ResetCredentials", *context, *request, *response, &Control::reset_credentials);
  }
  Unary* SendMessage(CallbackServerContext* context, const v1::SendCommand* request,
                     v1::SendMessageResponse* response) override {
    return unary("SendMessage", *context, *request, *response, &Control::send_message);
  }
  Unary* CheckNumbers(CallbackServerContext* context, const v1::CheckNumbersRequest* request,
                      v1::CheckNumbersResponse* response) override {
    return unary("CheckNumbers", *context, *request, *response, &Control::check_numbers);
  }
  grpc::ServerWriteReactor<v1::PairProgress>* Pair(CallbackServerContext* context,
                                                   const v1::PairCommand* request) override {
    return stream<v1::PairProgress>("Pair", *context, *request, kPairAtMost, &Control::pair);
  }
  grpc::ServerWriteReactor<v1::SessionChange>* WatchSessions(CallbackServerContext* context,
                                                             const v1::WatchSessionsRequest* request) override {
    return stream<v1::SessionChange>("WatchSessions", *context, *request, 0ms, &Control::watch_sessions);
  }

 private:
  Answer<Call> admit(Incoming incoming) {
    auto caller =
        gate_.identify(incoming.presented, std::chrono::steady_clock::now(), std::chrono::system_clock::now());
    if (auto* failed = std::get_if<Failure>(&caller)) return std::move(*failed);
    Call call;
    call.caller = std::get<Caller>(std::move(caller));
    call.remote = std::move(incoming.presented.remote);
    call.deadline = incoming.deadline;
    call.traceparent = std::move(incoming.traceparent);
    return call;
  }

  template <typename Request, typename Response>
  Unary* unary(const char* name, CallbackServerContext& context, const Request& request, Response& response,
               awaitable<Answer<Response>> (Control::*method)(Call, Request)) {
    Unary* const reactor = context.DefaultReactor();
    Incoming incoming = incoming_of(context, kUnaryAtMost);
    boost::asio::co_spawn(executor_, answer(name, reactor, std::move(incoming), request, response, method),
                          boost::asio::detached);
    return reactor;
  }

  template <typename Request, typename Response>
  awaitable<void> answer(const char* name, Unary* reactor, Incoming incoming, Request request, Response& response,
                         awaitable<Answer<Response>> (Control::*method)(Call, Request)) {
    std::optional<Failure> failed;
    try {
      auto call = admit(std::move(incoming));
      if (auto* refused = std::get_if<Failure>(&call)) {
        failed = std::move(*refused);
      } else {
        auto answered = co_await (control_.*method)(std::get<Call>(std::move(call)), std::move(request));
        if (auto* why = std::get_if<Failure>(&answered)) {
          failed = std::move(*why);
        } else {
          response = std::get<Response>(std::move(answered));
        }
      }
    } catch (const std::exception&) {
      failed = Failure(v1::INTERNAL);
    }
    audit_.counted(name, failed);
    reactor->Finish(failed ? status_of(*failed) : grpc::Status::OK);
  }

  template <typename Message, typename Request>
  StreamReactor<Message>* stream(const char* name, CallbackServerContext& context, const Request& request,
                                 std::chrono::milliseconds otherwise,
                                 awaitable<std::optional<Failure>> (Control::*method)(Call, Request, Sink<Message>&,
                                                                                      Bell&)) {
    auto reactor = StreamReactor<Message>::make(context, executor_);
    Incoming incoming = incoming_of(context, otherwise);
    boost::asio::co_spawn(executor_, fill<Message>(name, reactor, std::move(incoming), request, method),
                          boost::asio::detached);
    return reactor.get();
  }

  template <typename Message, typename Request>
  awaitable<void> fill(const char* name, std::shared_ptr<StreamReactor<Message>> reactor, Incoming incoming,
                       Request request,
                       awaitable<std::optional<Failure>> (Control::*method)(Call, Request, Sink<Message>&, Bell&)) {
    std::optional<Failure> failed;
    try {
      auto call = admit(std::move(incoming));
      if (auto* refused = std::get_if<Failure>(&call)) {
        failed = std::move(*refused);
      } else {
        auto ended =
            co_await (control_.*method)(std::get<Call>(std::move(call)), std::move(request), *reactor, reactor->bell());
        failed = std::move(ended);
      }
    } catch (const std::exception&) {
      failed = Failure(v1::INTERNAL);
    }
    audit_.counted(name, failed);
    reactor->end(failed ? status_of(*failed) : grpc::Status::OK);
  }

  boost::asio::any_io_executor executor_;
  Control& control_;
  Gate& gate_;
  Audit& audit_;
};

std::shared_ptr<grpc::ServerCredentials> credentials_of(const std::optional<TlsFiles>& tls) {
  if (!tls) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(tls->client_ca.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                                   : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = tls->client_ca;
  options.pem_key_cert_pairs.push_back({tls->key.reveal(), tls->certificate});
  return grpc::SslServerCredentials(options);
}

}  // namespace

struct RpcServer::Impl {
  Impl(boost::asio::any_io_executor executor, Control& control, Gate& gate, Audit& audit)
      : service(std::move(executor), control, gate, audit) {}
  Service service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;
};

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RpcServer::~RpcServer() = default;

std::variant<std::unique_ptr<RpcServer>, std::string> RpcServer::start(Settings settings,
                                                                       boost::asio::any_io_executor executor,
                                                                       Control& control, Gate& gate, Audit& audit) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  auto impl = std::make_unique<Impl>(std::move(executor), control, gate, audit);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(settings.address, credentials_of(settings.tls), &impl->port);
  builder.RegisterService(&impl->service);
  builder.SetMaxReceiveMessageSize(kMostRequest);
  // A peer that is gone without a word is noticed within 40 s.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  impl->server = builder.BuildAndStart();
  if (!impl->server || impl->port == 0) {
    return "grpc-listen " + settings.address +
           (settings.tls ? ": cannot listen there, or tls-certificate and tls-key do not fit together."
                         : ": cannot listen there. Is the port in use?");
  }
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(impl)));
}

int RpcServer::port() const noexcept {
  return impl_->port;
}
void RpcServer::set_serving(bool serving) {
  auto* const health = impl_->server->GetHealthCheckService();
  health->SetServingStatus("linekeeper.v1.Control", serving);
  health->SetServingStatus(serving);
}
void RpcServer::stop(std::chrono::milliseconds grace) {
  impl_->server->Shutdown(std::chrono::system_clock::now() + grace);
  impl_->server->Wait();
}

}  // namespace linekeeper::control
