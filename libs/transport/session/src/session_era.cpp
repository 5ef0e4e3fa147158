#include "session_era.hpp"

#include "linekeeper/session/state_fields.hpp"
#include "record.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kPrefix = "era/";

}  // namespace

void SessionEra::add_fields(const signal::Address& address, std::vector<std::string>& names) const {
  if (present_ != 0) names.push_back(era_field(address));
}

void SessionEra::load(const Fetched& found) {
  if (present_ == 0) return;
  for (auto it = found.lower_bound(kPrefix); it != found.end() && it->first.starts_with(kPrefix); ++it) {
    RecordReader in(it->second);
    const auto era = in.number();
    // What cannot be read is not current: at worst a session is started once more.
    if (in.done(kVersion) && era == present_) current_.insert(it->first);
  }
}

bool SessionEra::covers(const signal::Address& address) const {
  return present_ == 0 || current_.contains(era_field(address));
}

void SessionEra::started(const signal::Address& address) {
  if (present_ == 0) return;
  std::string field = era_field(address);
  if (current_.insert(field).second) started_.insert(std::move(field));
}

Changes SessionEra::changes() const {
  Changes changes;
  for (const std::string& field : started_) {
    RecordWriter out(kVersion);
    out.number(present_);
    changes.push_back({field, out.take()});
  }
  return changes;
}

}  // namespace linekeeper::transport
