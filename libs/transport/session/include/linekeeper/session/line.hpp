#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/session/events.hpp"
#include "linekeeper/session/line_end.hpp"
#include "linekeeper/session/line_host.hpp"
#include "linekeeper/session/line_settings.hpp"
#include "linekeeper/session/outgoing.hpp"

namespace linekeeper::transport {

/// Pairing, if there are no credentials yet.
struct PairRequest {
  enum class Method { qr, code };
  Method method = Method::qr;
  std::string phone_number;         ///< Needed for `code`; with `qr` the number expected, may be empty.
  Secret<std::string> custom_code;  ///< `code`: eight characters instead of random ones; may be empty.
};

/// How to run a line.
struct RunMode {
  std::optional<PairRequest> pair;  ///< Absent: without credentials the run ends with `needs_pairing` at once.
  /// The stored state is an older one than this line has lived through (a restored backup, a store without its last
  /// writes). Noted in the credentials before anything is sent: from then on, over any number of runs, a device gets
  /// its next message in a session started from a fresh bundle, and prekey ids that may have been used are skipped;
  /// after the login our keys are compared with the server's. Set it for one run; `LineHost::logged_in` says that it
  /// is noted. Setting it again only costs fresh sessions once more.
  bool rolled_back = false;
  std::string expected_number;  ///< If set and the stored credentials are for another: `credentials_conflict`.
};

/// One WhatsApp linked device: connects, pairs or logs in, receives, sends.
///
/// Belongs to one thread: every call, and every call of the host, happens on `executor`, which must not run handlers on
/// more than one thread. Destroying a line closes its socket; the host must stay alive until `run` and all other
/// pending calls have returned, which they do promptly.
class Line {
 public:
  Line(boost::asio::any_io_executor executor, LineHost& host, const LineSettings& settings);
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// One life of a connection, first byte to last. Network trouble never throws. Returns when nothing of this life
  /// runs any more. May be called again afterwards, never twice at a time. Does not react to Asio cancellation: use
  /// `close_now()`.
  boost::asio::awaitable<LineEnd> run(RunMode mode);

  /// Closes the socket before it returns; `run` returns soon after, with `closed_by_owner`. From the executor only.
  void close_now();

  /// Removes this device at the server and ends the run with `own_logout`, answered or not, within `LineTimes::logout`.
  /// The caller forgets the credentials. Without a login in place: ends the run, and the phone may still list the
  /// device. Returns whether the server confirmed.
  boost::asio::awaitable<bool> logout();

  /// Encrypts to every device of the recipient and to our own others, commits, sends, waits for the server's ack.
  /// Calls overlap safely and reach the wire in the order in which they were made; only the wait for the ack overlaps.
  /// Works only after `LineHost::connected`.
  boost::asio::awaitable<SendResult> send(Outgoing message);

  /// Asks the server which of these numbers (digits) exist. Interactive and rate limited: few, and rarely.
  /// Errors: `connection_lost`, `timed_out`, `iq_error`.
  boost::asio::awaitable<Result<std::vector<NumberStatus>>> check_numbers(std::vector<std::string> numbers);

  /// While a call of the host has not returned nothing is written, because its outcome is unknown. A host that knows
  /// that nothing is under way, and only waits before it tries again, lets the rest pass: pings and acks.
  void let_pass(bool pass);

  /// Logged in and the offline queue worked off.
  bool connected() const noexcept;

  class Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace linekeeper::transport
