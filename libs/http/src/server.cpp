#include "linekeeper/http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unordered_map>
#include <vector>

#include "connection.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/net/listener.hpp"

namespace linekeeper::http {

struct Server::Impl : std::enable_shared_from_this<Impl> {
  struct Connection {
    net::Socket::Handle handle;
    bool busy = false;
  };

  Impl(asio::any_io_executor on, net::Listener at, Handler answers, ServerSettings how)
      : executor(std::move(on)),
        listener(std::move(at)),
        handler(std::move(answers)),
        settings(std::move(how)),
        changed(executor, asio::steady_timer::time_point::max()) {}

  static awaitable<void> accept_all(std::shared_ptr<Impl> self);
  static awaitable<void> serve(std::shared_ptr<Impl> self, net::Socket socket, std::uint64_t id);

  void begin_stop() {
    stopping = true;
    listener.close_now();
    changed.cancel();
  }
  void close_all(bool busy_too) {
    // Closing runs nothing of ours, so the map stays as it is meanwhile.
    for (const auto& [id, connection] : connections)
      if (busy_too || !connection.busy) connection.handle.close_now();
  }

  asio::any_io_executor executor;
  net::Listener listener;
  Handler handler;
  ServerSettings settings;
  std::unordered_map<std::uint64_t, Connection> connections;
  std::uint64_t next_id = 0;
  bool stopping = false;
  bool accepting = true;
  asio::steady_timer changed;  ///< Cancelled when stopping begins and, from then on, when a task ends.
};

awaitable<void> Server::Impl::accept_all(std::shared_ptr<Impl> self) {
  while (!self->stopping) {
    auto accepted = co_await self->listener.accept();
    if (accepted && self->connections.size() < self->settings.max_connections) {
      const std::uint64_t id = self->next_id++;
      self->connections[id].handle = accepted->handle();
      asio::co_spawn(self->executor, serve(self, std::move(*accepted), id), asio::detached);
    } else if (!accepted && accepted.error() != Errc::cancelled) {
      // Out of descriptors, most likely: accepting again at once would only burn the processor.
      error_code ignored;
      self->changed.expires_after(std::chrono::milliseconds(100));
      co_await self->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }
  self->accepting = false;
  self->changed.cancel();
}

awaitable<void> Server::Impl::serve(std::shared_ptr<Impl> self, net::Socket socket, std::uint64_t id) {
  ConnectionEvents events;
  events.on_busy = [self, id](bool busy) { self->connections[id].busy = busy; };
  events.is_stopping = [self] { return self->stopping; };
  co_await serve_connection(std::move(socket), &self->settings, &self->handler, std::move(events));
  self->connections.erase(id);
  if (self->stopping) self->changed.cancel();
}

Server::Server(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&& other) noexcept {
  if (this != &other) {
    close_now();
    impl_ = std::move(other.impl_);
  }
  return *this;
}
Server::~Server() {
  close_now();
}

Result<Server> Server::start(asio::any_io_executor executor, std::string_view address, Handler handler,
                             ServerSettings settings) {
  LK_TRY(auto at, net::HostPort::parse(address));
  LK_TRY(auto listener, net::Listener::listen(executor, std::move(at)));
  auto impl = std::make_shared<Impl>(executor, std::move(listener), std::move(handler), std::move(settings));
  asio::co_spawn(executor, Impl::accept_all(impl), asio::detached);
  return Server(std::move(impl));
}

std::uint16_t Server::port() const noexcept {
  return impl_->listener.port();
}
std::string Server::address() const {
  return impl_->listener.address();
}
std::size_t Server::connections() const noexcept {
  return impl_->connections.size();
}

namespace {

template <typename ImplPtr>
awaitable<void> stop_all(ImplPtr self, net::Deadline deadline) {
  self->begin_stop();
  self->close_all(false);
  while (self->accepting || !self->connections.empty()) {
    const bool late = deadline.passed();
    if (late) self->close_all(true);
    self->changed.expires_at(late ? asio::steady_timer::time_point::max() : deadline.when());
    error_code ignored;
    co_await self->changed.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace

awaitable<void> Server::stop(net::Deadline deadline) {
  return stop_all(impl_, deadline);
}

void Server::close_now() noexcept {
  if (!impl_) return;
  impl_->begin_stop();
  impl_->close_all(true);
}

}  // namespace linekeeper::http
