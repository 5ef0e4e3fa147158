#include "line/ledger_purge.hpp"

#include "linekeeper/auth/command_ledger.hpp"

namespace linekeeper::worker {

awaitable<Result<LedgerPurge>> purge_ledger(LineJournal& journal, auth::UnixMs now) {
  LedgerPurge purge;
  std::string cursor = "0";
  do {
    auto page = co_await journal.store().ledger_page(cursor);
    if (!page) co_return page.error();
    auth::Commit commit;
    for (const auto& [tag, record] : page->records) {
      // One that does not open guards something all the same; it ends by itself.
      if (!record || !record->finished() || !record->published || record->command_id.empty()) continue;
      commit.cut.push_back(auth::cut_down(*record, now));
      ++(commit.cut.back().keep.count() > 0 ? purge.reduced : purge.dropped);
    }
    if (!commit.empty()) {
      const auto done = co_await journal.commit(std::move(commit));
      if (!done) co_return done.error();
    }
    cursor = page->next;
  } while (cursor != "0");
  co_return purge;
}

}  // namespace linekeeper::worker
