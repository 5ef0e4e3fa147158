#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/node/jid.hpp"

namespace linekeeper::transport {

/// The plaintext of one message of ours, kept so that a device that could not decrypt it gets it once more.
struct RetryCopy {
  /// A device it was encrypted for and that has not confirmed it.
  struct Device {
    Jid jid;  ///< As addressed.
    std::uint8_t resends = 0;
    friend bool operator==(const Device&, const Device&) = default;
  };

  std::string id;
  Jid chat;                     ///< What the stanza was addressed to.
  std::int64_t sent_at = 0;     ///< Unix seconds.
  SecretBytes message;          ///< Serialised wire.Message.
  std::string type = "text";    ///< The stanza's type attribute.
  std::vector<Device> waiting;  ///< Those that have not confirmed.
};

/// Some of the copies of a line: they live in a fixed number of fields, chosen by message id, so that no index is
/// needed and a line that talks to silent people for weeks stays bounded. The oldest of a full field gives way.
class RetryBlock {
 public:
  static constexpr std::size_t kBlocks = 64;        ///< Fields of a line.
  static constexpr std::size_t kCopies = 8;         ///< Copies in one.
  static constexpr std::size_t kBytes = 128 << 10;  ///< Plaintext in one, except that one copy always fits.
  static constexpr std::uint8_t kResends = 5;       ///< To one device; Baileys stops there too.

  /// "retry/17" for this message id.
  static std::string field(std::string_view message_id);
  static std::string field(std::size_t block);

  static Result<RetryBlock> read(ByteView value);
  /// Nothing if the block is empty: erase the field.
  std::optional<Bytes> write() const;

  /// Replaces a copy with the same id.
  void put(RetryCopy copy);
  RetryCopy* find(std::string_view id);
  /// That device has the message. True if something changed; the copy goes when nobody waits for it.
  bool confirmed(std::string_view id, const Jid& device);
  /// Drops what was sent before `oldest` (unix seconds). True if something changed.
  bool expire(std::int64_t oldest);

  std::size_t size() const noexcept { return copies_.size(); }

 private:
  std::vector<RetryCopy> copies_;  ///< Oldest first.
};

}  // namespace linekeeper::transport
