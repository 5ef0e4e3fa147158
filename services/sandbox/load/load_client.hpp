#pragma once

#include <functional>
#include <string>
#include <unordered_map>

#include "linekeeper/net/websocket.hpp"
#include "linekeeper/node/node.hpp"
#include "linekeeper/noise/frame.hpp"
#include "linekeeper/noise/transport_cipher.hpp"
#include "linekeeper/pairing/credentials.hpp"

namespace linekeeper::sandbox::load {

/// Where the sandbox is and how it is trusted.
struct Target {
  net::Url url;
  net::TlsContext tls;
};

/// One client as cheap as possible: it pairs, logs in, confirms what it gets, and sends texts of random bytes that
/// nobody decrypts. What is measured is the server, not cryptography.
class LoadClient {
 public:
  explicit LoadClient(const Target& target);

  /// From nothing to the end of the first queue. False if anything did not work.
  awaitable<bool> pair();
  /// A login until the end of the queue. False if anything did not work.
  awaitable<bool> log_in();
  /// Reads and confirms until the connection ends.
  awaitable<void> listen();
  void close() { socket_.close_now(); }

  /// A text to one device; `on_ack` is called when the server has it.
  awaitable<bool> send_text(transport::Jid chat, transport::Jid device, std::function<void()> on_ack);

  const transport::DeviceCredentials& credentials() const noexcept { return credentials_; }
  bool open() const noexcept { return socket_.is_open(); }
  std::uint64_t received() const noexcept { return received_; }

 private:
  awaitable<bool> connect();
  awaitable<bool> send(transport::Node stanza);
  /// The next stanza; one with an empty tag if the connection ended.
  awaitable<transport::Node> next();
  awaitable<bool> ask(transport::Node iq);
  awaitable<bool> confirm(transport::Node stanza);

  const Target& target_;
  transport::DeviceCredentials credentials_;
  net::WebSocket socket_;
  transport::FrameReader frames_;
  std::optional<transport::TransportCipher> cipher_;
  std::unordered_map<std::string, std::function<void()>> waiting_;
  std::uint64_t asked_ = 0;
  std::uint64_t received_ = 0;
};

}  // namespace linekeeper::sandbox::load
