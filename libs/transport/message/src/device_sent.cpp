#include "linekeeper/message/device_sent.hpp"

#include "linekeeper/base/errc.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport::message {
namespace {

constexpr std::uint32_t kDeviceSentField = 31;
constexpr std::uint32_t kContextField = 35;

void put_varint(Bytes& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U)
    out.push_back(static_cast<std::uint8_t>(value | 0x80U));
  out.push_back(static_cast<std::uint8_t>(value));
}

std::size_t varint_size(std::uint64_t value) noexcept {
  std::size_t n = 1;
  for (; value >= 0x80; value >>= 7U)
    ++n;
  return n;
}

void put_field(Bytes& out, std::uint32_t number, ByteView value) {
  put_varint(out, (static_cast<std::uint64_t>(number) << 3U) | 2U);
  put_varint(out, value.size());
  append(out, value);
}

}  // namespace

DeviceSent::DeviceSent() = default;
DeviceSent::DeviceSent(DeviceSent&&) noexcept = default;
DeviceSent& DeviceSent::operator=(DeviceSent&&) noexcept = default;
DeviceSent::~DeviceSent() = default;

Bytes wrap_device_sent(const Jid& chat, ByteView message, ByteView context) {
  const std::string destination = chat.bare().str();
  const std::size_t inner =
      1 + varint_size(destination.size()) + destination.size() + 1 + varint_size(message.size()) + message.size();
  Bytes out;
  out.reserve(inner + context.size() + 16 + 16);  // the padding that follows fits in too
  put_varint(out, (static_cast<std::uint64_t>(kDeviceSentField) << 3U) | 2U);
  put_varint(out, inner);
  put_field(out, 1, as_bytes(destination));
  put_field(out, 2, message);
  if (!context.empty()) put_field(out, kContextField, context);
  return out;
}

bool is_device_sent(const wire::Message& message) noexcept {
  return message.has_device_sent_message();
}

Result<DeviceSent> unwrap_device_sent(const wire::Message& message) {
  const auto& copy = message.device_sent_message();
  const auto chat = Jid::parse(copy.destination_jid());
  if (!chat || chat->is_server() || !copy.has_message()) return Errc::malformed_message;
  DeviceSent out;
  out.chat = *chat;
  out.message = std::make_unique<wire::Message>(copy.message());
  if (!out.message->has_message_context_info() && message.has_message_context_info()) {
    *out.message->mutable_message_context_info() = message.message_context_info();
  }
  return out;
}

}  // namespace linekeeper::transport::message
