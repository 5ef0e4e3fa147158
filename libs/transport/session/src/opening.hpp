#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/message/envelope.hpp"
#include "linekeeper/message/retry.hpp"
#include "linekeeper/signal/workspace.hpp"

namespace linekeeper::wire {
class Message;
}

namespace linekeeper::transport {

/// What became of the encrypted parts of one message.
struct Opening {
  enum class Verdict {
    content,    ///< `message` holds what was said.
    nothing,    ///< Opened, but only keys were in it, or nothing that parses; or no part is of a kind we read.
    duplicate,  ///< Its key was used before: a repetition, or the sender used one key for two messages.
    failed,     ///< Could not be opened: ask the sender again.
  };
  Verdict verdict = Verdict::nothing;
  std::unique_ptr<wire::Message> message;
  SecretBytes raw;  ///< The same, serialised as it came.
  message::RetryReason reason = message::RetryReason::unknown;
  bool wants_keys = false;   ///< A new session is needed at once: send keys with the first request.
  bool resent = false;       ///< The sender says that this is a repetition on request.
  std::uint32_t retry = 0;   ///< Which one.
  error_code broken_record;  ///< A stored record does not parse: nothing of this may be committed.

  Opening();
  Opening(Opening&&) noexcept;
  Opening& operator=(Opening&&) noexcept;
  ~Opening();
};

/// What has to be loaded to open this envelope from `sender`, in one of its addresses: session, identity, our prekeys
/// it names, the group's sender key.
std::vector<std::string> fields_to_open(const message::Envelope& envelope, const Jid& sender);

/// Opens all parts, session messages first; takes distributed sender keys into the workspace. Without I/O; what changed
/// is in the workspace afterwards.
Opening open_message(signal::Workspace& workspace, const message::Envelope& envelope, const Jid& sender);

}  // namespace linekeeper::transport
