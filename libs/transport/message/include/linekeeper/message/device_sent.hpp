#pragma once

#include <memory>
#include <string>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/jid.hpp"

namespace linekeeper::wire {
class Message;
}

namespace linekeeper::transport::message {

/// The plaintext for the account's own other devices: `message` and the chat it was sent to. Takes the serialised
/// message as it is, so that the recipient's and the own copy never differ. `context` is the serialised outer context
/// info, empty for none.
Bytes wrap_device_sent(const Jid& chat, ByteView message, ByteView context = {});

/// What another own device sent.
struct DeviceSent {
  Jid chat;
  std::unique_ptr<wire::Message> message;

  DeviceSent();
  DeviceSent(DeviceSent&&) noexcept;
  DeviceSent& operator=(DeviceSent&&) noexcept;
  ~DeviceSent();
};

/// Whether the message is such a copy. Only a copy from the own account means anything: a stranger's is to be dropped.
bool is_device_sent(const wire::Message& message) noexcept;

/// The inner message, with the outer context info if it has none of its own. Errors: `malformed_message` without a
/// destination that is an address, or without a message.
Result<DeviceSent> unwrap_device_sent(const wire::Message& message);

}  // namespace linekeeper::transport::message
