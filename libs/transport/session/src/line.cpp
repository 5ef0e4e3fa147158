#include "linekeeper/session/line.hpp"

#include "connection.hpp"
#include "flows.hpp"
#include "linekeeper/base/errc.hpp"
#include "stream_end.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;

class Line::Impl {
 public:
  Impl(asio::any_io_executor on, LineHost& asks, const LineSettings& with)
      : executor(std::move(on)), host(asks), settings(with) {
    if (settings.tls) tls = settings.tls->remembering();
  }

  asio::any_io_executor executor;
  LineHost& host;
  const LineSettings& settings;
  std::optional<net::TlsContext> tls;      ///< Over all its runs.
  std::shared_ptr<Connection> connection;  ///< While a run is under way.
};

namespace {

// Free coroutines: the line itself may be destroyed while one of them waits.

asio::awaitable<LineEnd> run_once(std::shared_ptr<Line::Impl> impl, RunMode mode) {
  auto connection = std::make_shared<Connection>(impl->executor, impl->host, impl->settings, impl->tls);
  impl->connection = connection;
  LineEnd end = co_await connection->run(std::move(mode));
  if (impl->connection == connection) impl->connection.reset();
  co_return end;
}

asio::awaitable<bool> log_out(std::shared_ptr<Connection> connection) {
  if (!connection) co_return false;
  const bool confirmed = co_await connection->logout();
  co_return confirmed;
}

asio::awaitable<SendResult> send_over(std::shared_ptr<Connection> connection, Outgoing message) {
  if (!connection || !connection->connected()) co_return SendResult{};
  if (connection->sends_in_flight() >= connection->settings().bounds.sends) {
    SendResult busy;
    busy.outcome = SendOutcome::busy;
    co_return busy;
  }
  ++connection->sends_in_flight();
  SendResult result = co_await send_message(*connection, std::move(message));
  --connection->sends_in_flight();
  co_return result;
}

asio::awaitable<Result<std::vector<NumberStatus>>> ask_over(std::shared_ptr<Connection> connection,
                                                            std::vector<std::string> numbers) {
  if (!connection || !connection->connected()) co_return Errc::connection_lost;
  auto result = co_await ask_numbers(*connection, std::move(numbers));
  co_return result;
}

}  // namespace

Line::Line(asio::any_io_executor executor, LineHost& host, const LineSettings& settings)
    : impl_(std::make_shared<Impl>(std::move(executor), host, settings)) {}

Line::~Line() {
  close_now();
}

asio::awaitable<LineEnd> Line::run(RunMode mode) {
  return run_once(impl_, std::move(mode));
}

void Line::close_now() {
  if (impl_->connection) impl_->connection->end(make_end(EndReason::closed_by_owner));
}

void Line::let_pass(bool pass) {
  if (impl_->connection) impl_->connection->let_pass(pass);
}

asio::awaitable<bool> Line::logout() {
  return log_out(impl_->connection);
}

asio::awaitable<SendResult> Line::send(Outgoing message) {
  return send_over(impl_->connection, std::move(message));
}

asio::awaitable<Result<std::vector<NumberStatus>>> Line::check_numbers(std::vector<std::string> numbers) {
  return ask_over(impl_->connection, std::move(numbers));
}

bool Line::connected() const noexcept {
  return impl_->connection && impl_->connection->connected();
}

}  // namespace linekeeper::transport
