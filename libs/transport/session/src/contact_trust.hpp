#pragma once

#include <cstdint>
#include <optional>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::transport {

/// The trusted-contact tokens between us and one person. A restricted account accepts a first message only from
/// whoever shows its token; it hands them out to those it wrote to. Time is counted in buckets of seven days, four of
/// which a token is good for: what all known clients use, changeable by properties of the server that we do not ask.
struct ContactTrust {
  Bytes token;                 ///< Theirs, to be shown with what we send; empty if they gave none.
  std::int64_t token_at = 0;   ///< Unix seconds, by the server.
  std::int64_t issued_at = 0;  ///< When we gave them ours last, 0 for never.

  /// Whether there is a token that still counts.
  bool usable(std::int64_t now) const noexcept;
  /// Whether they should be given ours, after a message to them.
  bool due(std::int64_t now) const noexcept;
  /// A token arrived. An older one than ours changes nothing. True if it was taken over.
  bool learn(ByteView bytes, std::int64_t at);

  Bytes write() const;
  static Result<ContactTrust> read(ByteView value);
};

}  // namespace linekeeper::transport
