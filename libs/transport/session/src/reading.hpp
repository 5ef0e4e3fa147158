#pragma once

#include <optional>
#include <string>

#include "lid_map.hpp"
#include "linekeeper/message/envelope.hpp"
#include "linekeeper/message/outgoing.hpp"
#include "linekeeper/session/changes.hpp"
#include "linekeeper/session/events.hpp"

namespace linekeeper::wire {
class Message;
}

namespace linekeeper::transport {

/// What an opened message means for us.
struct Reading {
  std::optional<InboundMessage> event;  ///< For people; nothing for talk between devices.
  Changes changes;                      ///< What the phone told about keys. Mappings go into the map.
  bool history = false;                 ///< A history notification: it wants a receipt of its own.
};

/// `raw` is `message` serialised as it came. What only one's own account may say is ignored from anybody else.
Reading read_message(const wire::Message& message, ByteView raw, const message::Envelope& envelope, LidMap& people);

/// The stub for a message that never opened.
InboundMessage unreadable(const message::Envelope& envelope, const LidMap& people);

/// How a message of ours wants to be shown, from its content.
message::Presentation presentation_of(const wire::Message& message);

}  // namespace linekeeper::transport
