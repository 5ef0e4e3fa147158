#pragma once

#include <optional>
#include <string>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/noise/frame.hpp"
#include "wire/handshake.pb.h"

namespace linekeeper::transport {

inline constexpr std::size_t kSealedKeySize = 48;  ///< A public key and its tag.
inline constexpr std::size_t kTagSize = 16;

/// Nothing if it does not parse. The post-quantum fields that newer peers may set are unknown here and ignored.
inline std::optional<wire::HandshakeMessage> parse_handshake(ByteView payload) {
  wire::HandshakeMessage message;
  if (payload.size() > kMaxHandshakeFrame ||
      !message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return std::nullopt;
  }
  return message;
}

inline Bytes framed(const wire::HandshakeMessage& message) {
  Bytes out;
  append_frame(out, as_bytes(message.SerializeAsString()));
  return out;
}

inline std::string to_field(ByteView bytes) {
  return to_text(bytes);
}

}  // namespace linekeeper::transport
