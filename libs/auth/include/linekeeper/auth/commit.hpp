#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/auth/ledger_record.hpp"
#include "linekeeper/base/bytes.hpp"

namespace linekeeper::auth {

/// Fields of a line that exist, opened, by their clear names.
using Fields = std::map<std::string, Bytes, std::less<>>;

/// An event that is durable before it is published.
struct PendingEvent {
  std::string id;           ///< Its `ce_id`.
  std::uint64_t order = 0;  ///< They are listed in this order.
  Bytes payload;            ///< Opaque; sealed in the store.
};

/// An inbound message: its digest is kept for at least 14 days. The event is stored only if the digest is new.
struct InboundEntry {
  Bytes digest;  ///< `inbound_digest()`.
  std::optional<PendingEvent> event;
};

/// What becomes of a record of the ledger whose content is no longer needed.
struct LedgerCut {
  std::string tag;                    ///< `command_tag()`; all that is known of a record that does not open.
  LedgerRecord record;                ///< What is left of it, as `reduced()` gives it.
  std::chrono::milliseconds keep{0};  ///< How much longer; nothing of it stays if this is not positive.
};

/// Everything that changes at once. Applied all or none, under the lease.
struct Commit {
  std::map<std::string, std::optional<Bytes>> fields;  ///< New value, or nothing to erase.
  std::vector<LedgerRecord> ledger;                    ///< Replaces the record of the same command.
  std::vector<LedgerCut> cut;                          ///< After `ledger`.
  std::vector<InboundEntry> inbound;
  std::vector<PendingEvent> pending;
  std::vector<std::string> published;  ///< Ids of pending events that need no keeping any more.
  std::optional<Bytes> status;
  std::optional<Bytes> desired;
  std::optional<Bytes> audit;  ///< Sealed; outlives every wipe.

  /// What becomes of the fields that are there, before `fields` are written.
  enum class Wipe {
    keep,
    archive,  ///< All are erased; a sealed copy is kept for 24 h.
    forget,   ///< All are erased, with an archive that may be there.
    reset,    ///< Also pending events: no payload stays.
  };
  Wipe wipe = Wipe::keep;
  bool forget_inbound = false;  ///< The ids of inbound messages go, too.

  bool empty() const noexcept;
};

/// How long things are kept.
inline constexpr std::chrono::hours kLedgerKept{24 * 8};
inline constexpr std::chrono::hours kInboundKept{24 * 14};
inline constexpr std::chrono::hours kArchiveKept{24};

}  // namespace linekeeper::auth
