#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/node/jid.hpp"
#include "linekeeper/session/changes.hpp"

namespace linekeeper::transport {

/// Where an outgoing message will go, known when it is encrypted.
struct SendPlan {
  Jid chat;              ///< What the stanza is addressed to: the LID if there is one, else the number.
  unsigned devices = 0;  ///< Devices of the recipient it is encrypted for.
};

/// Makes the state of a send durable: ratchets and the retry copy come as `changes`; the caller adds its own ledger
/// entry to the same write. Called once per attempt, before the first byte goes to the wire.
using CommitSend = std::function<boost::asio::awaitable<Result<void>>(Changes changes, SendPlan plan)>;

/// One message to one person. For an attempt after a crash pass the same `id` and the same `message`: it is encrypted
/// anew and the recipient's app keeps one message per (chat, sender, id).
struct Outgoing {
  std::string id;       ///< From `message_id()` of linekeeper::message, or what the ledger kept. At most 64 bytes.
  Jid to;               ///< PN or LID; the device is ignored.
  SecretBytes message;  ///< The serialised wire.Message with everything random already in it. At most 1 MiB.
  CommitSend commit;
};

/// How one attempt to send ended. `committed` below says whether `Outgoing::commit` had succeeded.
enum class SendOutcome {
  accepted = 1,   ///< The server has it.
  not_connected,  ///< No connection, or still syncing. Nothing was committed: try again when connected.
  busy,           ///< Too many sends wait on this line. Nothing was committed.
  unconfirmed,    ///< Committed, maybe sent; the connection ended or the server kept silent. Send the same id again.
  recipient_unknown,  ///< The number is not on WhatsApp. Final.
  no_device,          ///< No device of the recipient could be encrypted to. Final for this attempt, not committed.
  refused,            ///< The server refused it: ack error 401, 403, 404, 405, 406, 475 and other 4xx. Final.
  malformed,          ///< Ack error 400 or 479, also after fresh device lists and sessions were tried once. Final.
  rate_limited,       ///< Ack or query error 429. Stop sending for minutes; same id later.
  restricted,         ///< Ack error 463: the account may not open new chats now. Never retry by itself.
  server_trouble,     ///< Ack or query error 408, 5xx. Backoff, same id.
  invalid,            ///< `Outgoing` itself breaks a rule (not PN or LID, too large). Nothing was committed.
  commit_failed,      ///< `Outgoing::commit` or the host failed; `error` says how. The line ends.
};
std::string_view name(SendOutcome outcome) noexcept;

struct SendResult {
  SendOutcome outcome = SendOutcome::not_connected;
  bool committed = false;        ///< The message may have reached the wire.
  int code = 0;                  ///< The server's number, 0 if none.
  std::int64_t server_time = 0;  ///< `accepted`: unix seconds.
  SendPlan plan;                 ///< Valid if committed.
  error_code error;              ///< `commit_failed`.
};

/// Whether a phone number is on WhatsApp.
struct NumberStatus {
  std::string number;  ///< As asked.
  bool registered = false;
  Jid jid;  ///< If registered: the account's number as WhatsApp writes it.
  Jid lid;  ///< If registered and told.
};

}  // namespace linekeeper::transport
