#pragma once

#include <span>
#include <string>

#include "linekeeper/node/jid.hpp"

namespace linekeeper::transport::message {

/// `2:` and eight characters that stand for a set of devices, in any order. The server compares it with the set it
/// knows, and puts its own into the ack when they differ; the same form is used for the hash of one user's device list.
std::string participant_hash(std::span<const Jid> devices);

}  // namespace linekeeper::transport::message
