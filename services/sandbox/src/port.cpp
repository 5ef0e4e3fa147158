#include "port.hpp"

namespace linekeeper::sandbox {

using std::chrono::milliseconds;
using std::chrono::system_clock;

namespace {

milliseconds wall_clock() {
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch());
}

}  // namespace

Port::Port(asio::any_io_executor executor, CoreSettings settings, ConnectionLimits limits, ServerKeys keys,
           telemetry::Log& log)
    : executor_(executor),
      limits_(limits),
      keys_(std::move(keys)),
      log_(log),
      sandbox_(std::move(settings), wall_clock, *this),
      timer_(executor) {}

Port::~Port() = default;

transport::ServerIdentity Port::identity_for(ConnectionId id, bool& hang_up, bool& accept_ik) {
  if (core().faults.all().empty()) return keys_.identity();
  const Subject subject{id, {}, -1};
  hang_up = core().faults.take("handshake", subject).has_value();
  accept_ik = !core().faults.take("ik", subject).has_value();
  const auto fault = core().faults.take("certificate", subject);
  return fault ? keys_.broken(fault->text("variant"), core().now()) : keys_.identity();
}

awaitable<void> Port::serve(net::Socket socket, Bytes leftover, http::Request request) {
  const ConnectionId id = next_connection_++;
  if (!core().faults.all().empty()) {
    if (const auto fault = core().faults.take("upgrade", {id, {}, -1})) {
      const std::string answer = "HTTP/1.1 " + std::to_string(fault->number("status").value_or(503)) +
                                 " Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
      const auto written = co_await socket.write(as_bytes(answer), net::Deadline::after(std::chrono::seconds(5)));
      if (written) socket.shutdown_write();
      co_return;
    }
  }
  const net::Deadline deadline = net::Deadline::after(std::chrono::seconds(10));
  auto upgraded =
      co_await net::accept_websocket(std::move(socket), std::move(leftover), std::move(request.headers), deadline);
  if (!upgraded) co_return;
  const auto connection = std::make_shared<Connection>(*this, id, std::move(*upgraded));
  connections_.emplace(id, connection);
  co_await connection->run();
}

void Port::arm() {
  const auto next = core().timers.next();
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  const auto wait = std::max(milliseconds(0), *next - core().clock_ms());
  timer_.expires_after(wait);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_.reset();
    core().timers.run(core().clock_ms());
    arm();
  });
}

void Port::send(ConnectionId to, const Node& stanza) {
  if (const auto at = connections_.find(to); at != connections_.end()) at->second->send(stanza);
}

void Port::close(ConnectionId which) {
  if (const auto at = connections_.find(which); at != connections_.end()) at->second->close();
}

void Port::cut(ConnectionId which) {
  if (const auto at = connections_.find(which); at != connections_.end()) at->second->cut();
}

void Port::freeze(ConnectionId which, bool reading, bool writing, milliseconds length) {
  if (const auto at = connections_.find(which); at != connections_.end()) at->second->freeze(reading, writing, length);
}

}  // namespace linekeeper::sandbox
