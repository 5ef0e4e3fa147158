#pragma once

#include <google/protobuf/message_lite.h>

#include <string>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport {

inline Bytes bytes_of(const google::protobuf::MessageLite& message) {
  Bytes out(message.ByteSizeLong());
  message.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

inline bool parse_into(google::protobuf::MessageLite& message, ByteView bytes) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace linekeeper::transport
