#pragma once

#include <set>
#include <string>

#include "line/line_journal.hpp"
#include "linekeeper/node/jid.hpp"

namespace linekeeper::worker {

/// Whom a line has been in touch with: there is a session, a device list or an address learned from a message, either
/// way. Threads: the line's.
class Contacts {
 public:
  explicit Contacts(LineJournal& journal) : journal_(journal) {}

  /// Whether a message to this person would be the first between them. Errors as `LineJournal::fetch`.
  awaitable<Result<bool>> is_new(transport::Jid person);
  /// A message to this person was stored.
  void add(const transport::Jid& person);
  void forget() { known_.clear(); }

 private:
  LineJournal& journal_;
  std::set<std::string> known_;  ///< Some of them, to save the question.
};

}  // namespace linekeeper::worker
