#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <ctime>
#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "linekeeper/http/server.hpp"
#include "linekeeper/net/websocket.hpp"
#include "linekeeper/node/codec.hpp"
#include "linekeeper/noise/frame.hpp"
#include "linekeeper/noise/intro.hpp"
#include "linekeeper/noise/server_handshake.hpp"

namespace linekeeper::transport {

/// A server that does what a test tells it: a handshake, then stanzas in and out.
class ScriptedServer {
 public:
  explicit ScriptedServer(boost::asio::io_context& loop)
      : root_(crypto::generate_key_pair()),
        identity_(issue_server_identity(root_.priv, crypto::generate_key_pair(),
                                        static_cast<std::uint64_t>(std::time(nullptr)))) {
    http::ServerSettings settings;
    settings.on_upgrade = [this](net::Socket socket, Bytes leftover, http::Request request) -> awaitable<void> {
      co_await serve(std::move(socket), std::move(leftover), std::move(request));
      ++closed;
    };
    auto answer = [](http::Request) -> awaitable<http::Response> { co_return http::Response::text(404, ""); };
    auto server = http::Server::start(loop.get_executor(), "127.0.0.1:0", answer, std::move(settings));
    if (!server) throw std::runtime_error("no port");
    server_ = std::make_unique<http::Server>(std::move(*server));
  }

  std::string url() const { return "ws://" + server_->address() + "/ws/chat"; }
  const Key32& root() const { return root_.pub; }
  void close_now() { server_->close_now(); }

  /// Called for each stanza of the client; answers with `send`.
  std::function<void(const Node&)> on_node;
  /// Called once the handshake is done.
  std::function<void()> on_open;
  std::vector<Node> received;
  unsigned opened = 0;
  unsigned closed = 0;  ///< Connections that have ended: all that came over them has been received.
  Bytes routing_info;   ///< Of the latest connection.

  void send(const Node& node) {
    if (!cipher_) return;
    Bytes frame;
    if (cipher_->seal_frame(frame, encode(node))) write(std::move(frame));
  }
  void send_raw(Bytes bytes) { write(std::move(bytes)); }
  void cut() {
    if (socket_) socket_->close_now();
  }

  /// Received stanzas with this tag whose first child, if asked for, has that tag.
  std::vector<const Node*> all(std::string_view tag, std::string_view child = {}) const {
    std::vector<const Node*> out;
    for (const Node& node : received) {
      if (node.tag != tag) continue;
      if (child.empty() || node.child(child) != nullptr) out.push_back(&node);
    }
    return out;
  }

 private:
  void write(Bytes bytes) {
    out_.push_back(std::move(bytes));
    if (writing_ || !socket_) return;
    writing_ = true;
    auto drain = [](ScriptedServer& self, std::shared_ptr<net::WebSocket> socket) -> awaitable<void> {
      while (!self.out_.empty()) {
        Bytes next = std::move(self.out_.front());
        self.out_.pop_front();
        auto written = co_await socket->write(std::move(next));
        if (!written) break;
      }
      self.writing_ = false;
    };
    boost::asio::co_spawn(socket_->executor(), drain(*this, socket_), boost::asio::detached);
  }

  awaitable<void> serve(net::Socket raw, Bytes leftover, http::Request request) {
    const auto deadline = net::Deadline::after(std::chrono::seconds(10));
    auto accepted = co_await net::accept_websocket(std::move(raw), std::move(leftover), request.headers, deadline);
    if (!accepted) co_return;
    const auto socket = std::make_shared<net::WebSocket>(std::move(*accepted));
    socket_ = socket;
    out_.clear();
    IntroReader intro;
    FrameReader frames(kMaxFramePayload);
    ServerHandshake handshake(identity_);
    cipher_.reset();
    for (;;) {
      auto message = co_await socket->read();
      if (!message) co_return;
      const auto taken = intro.push(*message);
      if (!taken) co_return;
      frames.push(ByteView(*message).subspan(*taken));
      for (;;) {
        auto frame = frames.next();
        if (!frame) co_return;
        if (!*frame) break;
        if (cipher_) {
          auto plain = cipher_->open(**frame);
          if (!plain) co_return;
          auto node = decode(*plain);
          if (!node) co_return;
          received.push_back(*node);
          if (on_node) on_node(*node);
          continue;
        }
        auto step = handshake.on_frame(**frame);
        if (!step) co_return;
        if (auto* hello = std::get_if<ServerHandshake::Send>(&*step)) {
          write(std::move(hello->message));
          continue;
        }
        routing_info = intro.routing_info();
        cipher_.emplace(std::move(std::get<ServerHandshake::Done>(*step).cipher));
        ++opened;
        if (on_open) on_open();
      }
    }
  }

  crypto::KeyPair root_;
  ServerIdentity identity_;
  std::unique_ptr<http::Server> server_;
  std::shared_ptr<net::WebSocket> socket_;
  std::optional<TransportCipher> cipher_;
  std::deque<Bytes> out_;
  bool writing_ = false;
};

}  // namespace linekeeper::transport
