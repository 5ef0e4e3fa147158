#pragma once

#include <boost/asio/awaitable.hpp>

#include "linekeeper/base/result.hpp"
#include "linekeeper/session/changes.hpp"
#include "linekeeper/session/events.hpp"

namespace linekeeper::transport {

/// May this number be paired with this line?
enum class PairVerdict {
  allowed,
  phone_mismatch,  ///< The line is meant for another number.
  claimed,         ///< Another line holds this number.
};

/// What a line asks of whoever runs it: the worker on Redis, a test in memory.
///
/// All calls come from the line's executor. The line never has two of the awaitable calls in flight that change state,
/// and writes nothing to the wire while one is: the host need not queue them. They return when the outcome is certain;
/// the host repeats a write without an answer itself. After an error from a changing call the line closes its socket
/// and ends with `store_failed`. The host must outlive `Line::run` and every other call of the line that has not
/// returned.
class LineHost {
 public:
  virtual ~LineHost() = default;

  /// The named fields, in one round trip; absent ones are left out. At most a few hundred names at a time.
  virtual boost::asio::awaitable<Result<Fetched>> fetch(std::vector<std::string> fields) = 0;

  /// Durable before it returns. Never called with an empty list.
  virtual boost::asio::awaitable<Result<void>> commit(Changes changes) = 0;

  /// The event and the changes in one write (changes may be empty). True: the event is new. False: this message
  /// (same chat, sender, id) was committed before; the changes are applied all the same.
  /// The line acknowledges to the server only after this returned, so the host may also publish before it returns.
  virtual boost::asio::awaitable<Result<bool>> commit_inbound(Inbound event, Changes changes) = 0;

  /// Whether `commit_inbound` has this message (chat, sender, id). Asked when a message key was used before: then
  /// the server repeats itself, or the sender used one key for two messages.
  virtual boost::asio::awaitable<Result<bool>> knows_inbound(InboundMessage message) = 0;

  /// Pairing, before anything is stored: asked once all signatures verified.
  virtual boost::asio::awaitable<Result<PairVerdict>> may_pair(Account account) = 0;

  /// Pairing: stores the new credentials, then makes sure once more that the number is this line's (it may have lost a
  /// race since `may_pair`). Anything but `allowed`: the host has discarded what it stored, and the link is refused.
  virtual boost::asio::awaitable<Result<PairVerdict>> commit_pairing(Account account, Changes changes) = 0;

  // What happens, for whoever watches. Called between steps: must not block, and may call `Line::close_now()`.
  virtual void qr_shown(const QrCode& qr) = 0;
  /// No QR is live any more: used, expired or the connection is gone.
  virtual void qr_retired() = 0;
  virtual void pairing_code_shown(const PairingCode& code) = 0;
  virtual void pairing_code_retired() = 0;
  /// The phone that scanned is too old for linked devices; the QR stays valid.
  virtual void phone_not_multidevice() = 0;
  /// Credentials are committed and the server has our signature; `restart_required` follows.
  virtual void paired(const Account& account) = 0;
  /// The server accepted the login.
  virtual void logged_in(const Account& account) = 0;
  /// While the offline queue is worked off; at most a few times a second.
  virtual void syncing(SyncProgress progress) = 0;
  /// The offline queue is empty, sends go out now.
  virtual void connected() = 0;
  /// The server announced that this client version stops being accepted then (unix seconds).
  virtual void version_expires(std::int64_t /*at*/) {}
};

}  // namespace linekeeper::transport
