#pragma once

#include "line/line_journal.hpp"

namespace linekeeper::worker {

struct LedgerPurge {
  std::size_t reduced = 0;  ///< Records of which only what answers a repetition is left.
  std::size_t dropped = 0;  ///< Records that no command topic can ask for any more.
};

/// Cuts down the records of all commands that are over and published; `now` in unix ms. May be broken off at any time
/// and begun again. Errors as `LineJournal::commit`.
awaitable<Result<LedgerPurge>> purge_ledger(LineJournal& journal, auth::UnixMs now);

}  // namespace linekeeper::worker
