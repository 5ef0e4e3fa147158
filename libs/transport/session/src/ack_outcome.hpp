#pragma once

#include "linekeeper/session/outgoing.hpp"

namespace linekeeper::transport {

/// What an error code in a message's ack, or in the answer to a question before it, means for the message.
SendOutcome outcome_of(int code) noexcept;

/// Whether fresh device lists and sessions may help: worth one more try.
bool may_be_stale(int code) noexcept;

}  // namespace linekeeper::transport
