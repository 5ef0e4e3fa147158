#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "clock.hpp"
#include "linekeeper/crypto/x25519.hpp"
#include "linekeeper/node/node.hpp"
#include "linekeeper/pairing/link_code.hpp"
#include "linekeeper/session/line.hpp"
#include "qr_screen.hpp"

namespace linekeeper::transport {

class Connection;

/// An unregistered device on its connection: shows QR refs or a code, answers the phone, checks what the phone signed,
/// and has the new credentials stored before it countersigns.
class Pairing {
 public:
  /// Null if the request names no usable phone number or code.
  static std::unique_ptr<Pairing> prepare(Connection& line, const PairRequest& request);

  /// `pair-device` and `pair-success`.
  boost::asio::awaitable<void> on_iq(Node iq);
  boost::asio::awaitable<void> on_notification(Node notification);

  Time due() const noexcept;
  void at(Time now);
  /// Nothing is on show any more.
  void stop();

 private:
  /// A code that somebody may be typing.
  struct Code {
    Bytes ref;
    crypto::KeyPair ephemeral;
    LinkCode code;
    Time dies;
    unsigned hellos = 0;
  };

  Pairing(Connection& line, const PairRequest& request, std::string phone);

  void on_refs(const Node& iq);
  boost::asio::awaitable<void> on_success(Node iq);
  boost::asio::awaitable<void> refuse(Node answer, LineEnd why);
  void show();
  void on_refresh();
  boost::asio::awaitable<void> ask_for_code();
  boost::asio::awaitable<void> on_link_stage(Node notification);
  boost::asio::awaitable<void> on_primary_hello(Node notification);

  Connection& line_;
  PairRequest::Method method_;
  std::string phone_;  ///< Digits; empty if any account is welcome.
  std::string custom_code_;
  QrScreen screen_;
  std::optional<Code> code_;
  bool showing_ = false;   ///< A QR is out.
  bool asking_ = false;    ///< companion_hello is under way.
  bool deciding_ = false;  ///< A pair-success is being checked, or was.
  bool stopped_ = false;
};

}  // namespace linekeeper::transport
