#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/jid.hpp"

namespace linekeeper::transport {

/// How often we asked the senders of undecryptable messages to send them again. Kept in the state, so that a restart
/// does not begin to ask anew; a fixed number of small fields, the oldest entries give way.
class RetryAsks {
 public:
  static constexpr std::size_t kBlocks = 16;
  static constexpr std::size_t kEntries = 32;
  static constexpr unsigned kMost = 4;  ///< Then the message is given up.

  /// "asks/3" for this message.
  static std::string field(const Jid& sender, std::string_view id);
  static std::string field(std::size_t block);

  static Result<RetryAsks> read(ByteView value);
  std::optional<Bytes> write() const;

  /// Times asked so far.
  unsigned count(const Jid& sender, std::string_view id) const noexcept;
  /// One more; returns the new count. `at_least` is what the sender says it was asked: a count it already saw is not
  /// repeated after our memory was lost.
  unsigned ask(const Jid& sender, std::string_view id, unsigned at_least, std::int64_t now);
  /// It arrived. True if something changed.
  bool settled(const Jid& sender, std::string_view id);
  bool expire(std::int64_t oldest);

 private:
  struct Entry {
    std::uint64_t key;
    std::uint8_t count;
    std::int64_t at;
  };
  std::vector<Entry> entries_;
};

}  // namespace linekeeper::transport
