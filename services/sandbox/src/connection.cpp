#include "connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/node/codec.hpp"
#include "port.hpp"

namespace linekeeper::sandbox {

using namespace std::chrono_literals;

namespace {

constexpr auto kHandshakeTimeout = 20s;
/// How long a client has to end the connection itself after its last stanza. whatsmeow forgets that stanza when the end
/// comes right behind it.
constexpr auto kParting = 250ms;
/// Frames that wait together leave in one WebSocket message, up to about this size.
constexpr std::size_t kMessageSize = std::size_t{64} << 10U;

}  // namespace

Connection::Connection(Port& port, ConnectionId id, net::WebSocket socket)
    : port_(port), id_(id), socket_(std::move(socket)) {}

awaitable<void> Connection::pause_until(Clock::time_point until) {
  if (until <= Clock::now()) co_return;
  boost::asio::steady_timer timer(socket_.executor(), until);
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  try {
    const bool shaken = co_await shake_hands();
    if (shaken) co_await serve();
  } catch (const std::exception& defect) {
    // One client's stanza must never end the others' connections.
    port_.log().error("a connection ended by a defect of the sandbox",
                      {{"connection", id_}, {"detail", defect.what()}});
  }
  socket_.close_now();
  port_.sandbox_.closed(id_);
  port_.arm();
  port_.connections_.erase(id_);
}

awaitable<bool> Connection::shake_hands() {
  bool hang_up = false;
  bool accept_ik = true;
  const transport::ServerIdentity identity = port_.identity_for(id_, hang_up, accept_ik);
  transport::ServerHandshake handshake(identity, {accept_ik, std::nullopt});
  const net::Deadline deadline = net::Deadline::after(kHandshakeTimeout);
  for (;;) {
    auto message = co_await socket_.read(deadline);
    if (!message) co_return false;
    const auto taken = intro_.push(*message);
    if (!taken) co_return false;
    if (!intro_.done()) continue;
    frames_.push(ByteView(*message).subspan(*taken));
    for (;;) {
      auto frame = frames_.next();
      if (!frame) co_return false;
      if (!*frame) break;
      if (hang_up) co_return false;
      auto step = handshake.on_frame(**frame);
      if (!step) co_return false;
      if (auto* send = std::get_if<transport::ServerHandshake::Send>(&*step)) {
        Bytes hello = std::move(send->message);
        const auto written = co_await socket_.write(std::move(hello), deadline);
        if (!written) co_return false;
        continue;
      }
      auto& done = std::get<transport::ServerHandshake::Done>(*step);
      if (!done.message.empty()) {
        Bytes hello = std::move(done.message);
        const auto written = co_await socket_.write(std::move(hello), deadline);
        if (!written) co_return false;
      }
      cipher_.emplace(std::move(done.cipher));
      frames_.set_cap(transport::kMaxFramePayload);
      port_.sandbox_.opened(id_, done.client_key, done.client_payload);
      port_.arm();
      co_return take_frames();
    }
  }
}

bool Connection::take_frames() {
  for (;;) {
    const auto frame = frames_.next();
    if (!frame) return false;
    if (!*frame) return true;
    const auto plain = cipher_->open(**frame);
    if (!plain) return false;
    const auto stanza = transport::decode(*plain);
    if (!stanza) {
      ++port_.core().counters.malformed;
      port_.log().debug("a client sent a stanza that does not decode", {{"connection", id_}});
      return false;
    }
    port_.sandbox_.received(id_, *stanza);
    port_.arm();
    if (!socket_.is_open()) return false;
  }
}

awaitable<void> Connection::serve() {
  for (;;) {
    auto message = co_await socket_.read(net::Deadline::after(port_.limits().silence));
    if (!message) {
      if (message.error() == Errc::timed_out) give_up("it is silent");
      co_return;
    }
    co_await pause_until(reading_frozen_until_);
    frames_.push(*message);
    if (!take_frames()) co_return;
  }
}

void Connection::send(const Node& stanza) {
  if (!cipher_ || closing_ || !socket_.is_open()) return;
  if (outgoing_.size() > port_.limits().outgoing) {
    give_up("too much waits for it");
    return cut();
  }
  if (!cipher_->seal_frame(outgoing_, transport::encode(stanza))) return cut();
  flush();
}

void Connection::flush() {
  if (std::exchange(writing_, true)) return;
  boost::asio::co_spawn(socket_.executor(), write_all(shared_from_this()), boost::asio::detached);
}

awaitable<void> Connection::write_all(std::shared_ptr<Connection> self) {
  net::WebSocket& socket = self->socket_;
  while (socket.is_open() && !self->outgoing_.empty()) {
    // Whatever the core had to say in one go leaves together.
    const Bytes batch = std::exchange(self->outgoing_, {});
    for (std::size_t at = 0; at < batch.size(); at += kMessageSize) {
      co_await self->pause_until(self->writing_frozen_until_);
      // Any cut is a good one: frames are a stream, and WebSocket messages only pieces of it.
      Bytes message = to_bytes(ByteView(batch).subspan(at, std::min(kMessageSize, batch.size() - at)));
      const auto written = co_await socket.write(std::move(message), net::Deadline::after(self->port_.limits().write));
      if (!written) {
        if (written.error() == Errc::timed_out) self->give_up("it does not read");
        socket.close_now();
        break;
      }
    }
  }
  self->writing_ = false;
  if (!self->closing_) co_return;
  co_await self->pause_until(Clock::now() + kParting);
  co_await socket.close(1000, net::Deadline::after(1s));
}

void Connection::give_up(std::string_view why) {
  port_.log().info("a client is given up", {{"connection", id_}, {"why", why}});
}

void Connection::close() {
  if (std::exchange(closing_, true)) return;
  flush();
}

void Connection::cut() {
  outgoing_.clear();
  socket_.close_now();
}

void Connection::freeze(bool reading, bool writing, std::chrono::milliseconds length) {
  const auto until = Clock::now() + length;
  if (reading) reading_frozen_until_ = until;
  if (writing) writing_frozen_until_ = until;
}

}  // namespace linekeeper::sandbox
