#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::auth {

/// Times of commands are unix milliseconds, as Kafka stamps them.
using UnixMs = std::int64_t;

enum class CommandKind : std::uint8_t { pair = 1, reset = 2, line = 3, send = 4 };

/// How far a command is. Only what must survive a crash is stored: nothing before `sending`.
enum class CommandState : std::uint8_t {
  received = 1,  ///< Read; may wait. Kafka still has it.
  sending = 2,   ///< Sends only: committed with plaintext, id and ratchet before any byte goes out.
  succeeded = 3,
  failed = 4,
  unknown = 5,  ///< It was in `sending` and may no longer be repeated.
};

/// The first record a command came with; forwarding keeps it.
struct CommandOrigin {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  UnixMs timestamp_ms = 0;
  friend auto operator<=>(const CommandOrigin&, const CommandOrigin&) = default;
};

using CommandDigest = std::array<std::uint8_t, 32>;

/// What the ledger knows of one command.
struct LedgerRecord {
  std::string command_id;  ///< Empty once the record was `reduced`.
  CommandKind kind = CommandKind::send;
  CommandDigest digest{};  ///< SHA-256 of its payload.
  CommandOrigin origin;
  CommandState state = CommandState::received;
  std::optional<UnixMs> not_after_ms;
  UnixMs sending_since_ms = 0;
  std::string message_id;
  Bytes request;           ///< In `sending`: what is needed to send again (recipient and plaintext). Then empty.
  int code = 0;            ///< The error code's number; 0 for none.
  Bytes outcome;           ///< Opaque to the ledger: what the outcome's event needs. Empty once `reduced`.
  bool published = false;  ///< Kafka acknowledged the outcome's event.

  bool finished() const noexcept { return state >= CommandState::succeeded; }
  /// The next holder must see it: still sending, or not published.
  bool open() const noexcept { return state == CommandState::sending || (finished() && !published); }

  friend bool operator==(const LedgerRecord&, const LedgerRecord&) = default;
};

Bytes encode(const LedgerRecord& record);
/// Errors: `malformed_value`, `unsupported_version`.
Result<LedgerRecord> decode_ledger_record(ByteView bytes);

/// The id of a command that came without one.
std::string derive_command_id(const CommandOrigin& origin, const CommandDigest& digest);
/// What a message id is derived from: the same for every attempt at the same command.
std::array<std::uint8_t, 32> message_id_seed(std::string_view session, std::string_view command_id,
                                             UnixMs origin_timestamp_ms);

}  // namespace linekeeper::auth
