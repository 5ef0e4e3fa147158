#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "linekeeper/node/node.hpp"

namespace linekeeper::sandbox {

/// One stanza as an observer may see it: what and for whom, never its content.
struct JournalEntry {
  std::uint64_t number = 0;  ///< Counts up over the whole sandbox, so that a reader can ask for what is newer.
  std::int64_t time_ms = 0;
  bool inbound = false;
  std::string tag;
  std::string id;
  std::string type;
  std::string peer;   ///< `from` or `to`.
  std::string about;  ///< An ack's class, an iq's xmlns, else nothing.
  std::string child;  ///< Tag of the first child.
  std::string error;  ///< An ack's error or the code of a stream error, failure or iq error.
  bool offline = false;
};

/// The last stanzas of one device or of one unregistered connection.
class Journal {
 public:
  explicit Journal(std::size_t limit = 200) noexcept : limit_(limit) {}

  void note(std::uint64_t number, std::int64_t time_ms, bool inbound, const transport::Node& stanza);
  const std::deque<JournalEntry>& entries() const noexcept { return entries_; }

 private:
  std::size_t limit_;
  std::deque<JournalEntry> entries_;
};

}  // namespace linekeeper::sandbox
