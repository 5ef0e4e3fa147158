#include "journal.hpp"

namespace linekeeper::sandbox {

void Journal::note(std::uint64_t number, std::int64_t time_ms, bool inbound, const transport::Node& stanza) {
  if (limit_ == 0) return;
  if (entries_.size() >= limit_) entries_.pop_front();
  JournalEntry entry;
  entry.number = number;
  entry.time_ms = time_ms;
  entry.inbound = inbound;
  entry.tag = stanza.tag;
  entry.id = stanza.attr("id").value_or("");
  entry.type = stanza.attr("type").value_or("");
  entry.peer = stanza.attr(inbound ? "to" : "from").value_or("");
  entry.about = stanza.attr(stanza.tag == "iq" ? "xmlns" : "class").value_or("");
  if (const transport::Node* child = stanza.first_child()) {
    entry.child = child->tag;
    entry.error = child->attr("code").value_or("");
  }
  if (const auto error = stanza.attr("error")) entry.error = *error;
  if (const auto reason = stanza.attr("reason")) entry.error = *reason;
  if (stanza.tag == "stream:error") entry.error = stanza.attr("code").value_or(entry.error);
  entry.offline = stanza.has("offline");
  entries_.push_back(std::move(entry));
}

}  // namespace linekeeper::sandbox
