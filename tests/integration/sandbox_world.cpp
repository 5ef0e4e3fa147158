#include "sandbox_world.hpp"

#include <ctime>

#include "pairing_desk.hpp"
#include "wire/message.pb.h"

namespace linekeeper::test {

using namespace std::chrono_literals;

SandboxWorld::SandboxWorld() : log_(telemetry::Log::Options{.level = telemetry::Level::error}) {
  port = std::make_unique<sandbox::Port>(loop.get_executor(), sandbox::CoreSettings{}, sandbox::ConnectionLimits{},
                                         sandbox::ServerKeys(std::nullopt, std::time(nullptr)), log_);
  http::ServerSettings http;
  http.on_upgrade = [this](net::Socket socket, Bytes leftover, http::Request request) {
    return port->serve(std::move(socket), std::move(leftover), std::move(request));
  };
  auto answer = [](http::Request) -> awaitable<http::Response> { co_return http::Response::text(404, "nothing here"); };
  auto server = http::Server::start(loop.get_executor(), "127.0.0.1:0", answer, std::move(http));
  if (!server) throw std::runtime_error("no port for the sandbox");
  server_ = std::move(*server);
  settings.url = "ws://" + server_->address() + "/ws/chat";
  settings.noise_root = port->keys().root();
}

SandboxWorld::~SandboxWorld() {
  server_->close_now();
  // What still waits notices that its socket is gone.
  until([this] { return server_->connections() == 0; }, 5s);
}

void SandboxWorld::add_fault(std::string kind, std::map<std::string, std::string, std::less<>> parameters,
                             std::optional<std::uint64_t> times, std::optional<std::string> phone) {
  sandbox::Fault fault;
  fault.kind = std::move(kind);
  fault.parameters = std::move(parameters);
  fault.times = times;
  fault.phone = std::move(phone);
  std::string why;
  if (!core().faults.add(std::move(fault), why)) throw std::runtime_error(why);
}

TestLine::~TestLine() {
  line->close_now();
  world_.until([this] { return !running_ && sending_ == 0; });
}

void TestLine::restart() {
  line = std::make_unique<transport::Line>(world_.loop.get_executor(), host, world_.settings);
}

void TestLine::start(transport::RunMode mode) {
  end.reset();
  auto run = [](transport::Line& which, transport::RunMode how, std::optional<LineEnd>& into) -> awaitable<void> {
    LineEnd ended = co_await which.run(std::move(how));
    into = std::move(ended);
  };
  running_ = true;
  boost::asio::co_spawn(world_.loop, run(*line, std::move(mode), end), [this](std::exception_ptr error) {
    running_ = false;
    if (error) std::rethrow_exception(error);
  });
}

void TestLine::start_pairing(transport::PairRequest request) {
  transport::RunMode mode;
  mode.pair = std::move(request);
  start(std::move(mode));
}

bool TestLine::pair_and_connect(sandbox::Account& account) {
  start_pairing();
  if (!world_.until([this] { return !host.qrs.empty() || ended(); }) || ended()) return false;
  const auto offer = sandbox::scan_qr(world_.core(), host.qrs.back().text.reveal(), &account);
  world_.port->arm();
  if (offer.error != sandbox::LinkError::none) return false;
  if (!world_.until([this] { return ended(); }) || end->reason != EndReason::restart_required) return false;
  return connect();
}

bool TestLine::connect() {
  const unsigned before = host.connected_times;
  start();
  return world_.until([&] { return host.connected_times > before || ended(); }) && !ended();
}

LineEnd TestLine::stop() {
  line->close_now();
  if (!world_.until([this] { return ended(); })) throw std::runtime_error("the line did not end");
  return *end;
}

std::shared_ptr<std::optional<SendResult>> TestLine::start_send(const transport::Jid& to, const std::string& text,
                                                                std::string id) {
  wire::Message message;
  message.set_conversation(text);
  transport::Outgoing outgoing;
  outgoing.id = id.empty() ? transport::message::random_message_id() : std::move(id);
  outgoing.to = to;
  outgoing.message = SecretBytes(to_bytes(message.SerializeAsString()));
  outgoing.commit = [this](transport::Changes changes, transport::SendPlan) {
    return host.commit_send(std::move(changes));
  };
  auto result = std::make_shared<std::optional<SendResult>>();
  auto run = [](transport::Line& which, transport::Outgoing what,
                std::shared_ptr<std::optional<SendResult>> into) -> awaitable<void> {
    SendResult sent = co_await which.send(std::move(what));
    *into = sent;
  };
  ++sending_;
  boost::asio::co_spawn(world_.loop, run(*line, std::move(outgoing), result), [this](std::exception_ptr error) {
    --sending_;
    if (error) std::rethrow_exception(error);
  });
  return result;
}

SendResult TestLine::send(const transport::Jid& to, const std::string& text, std::string id) {
  const auto result = start_send(to, text, std::move(id));
  if (!world_.until([&] { return result->has_value(); })) throw std::runtime_error("the send did not end");
  return **result;
}

}  // namespace linekeeper::test
