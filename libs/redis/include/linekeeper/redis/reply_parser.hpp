#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/redis/reply.hpp"

namespace linekeeper::redis {

/// Bytes in, replies out. Nesting is limited to seven levels; a length from the wire reserves no memory.
/// After an error the parser is of no further use.
class ReplyParser {
 public:
  struct Limits {
    std::size_t reply_bytes = std::size_t{64} << 20;    ///< Of one reply on the wire.
    std::size_t array_elements = std::size_t{1} << 20;  ///< Of one array.
  };

  explicit ReplyParser(Limits limits);
  ReplyParser() : ReplyParser(Limits{}) {}
  ReplyParser(ReplyParser&&) noexcept;
  ReplyParser& operator=(ReplyParser&&) noexcept;
  ~ReplyParser();

  void push(ByteView bytes);
  /// The next complete reply; nothing while more bytes are needed.
  /// Errors: `malformed_value` (not RESP2), `too_large`.
  Result<std::optional<Reply>> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::redis
