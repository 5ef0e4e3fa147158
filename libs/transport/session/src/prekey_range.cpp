#include "prekey_range.hpp"

#include "linekeeper/session/state_fields.hpp"
#include "linekeeper/signal/prekey.hpp"
#include "record.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kLongest = 4096;

}  // namespace

PrekeyRange PrekeyRange::unconfirmed(const Fetched& found, std::uint32_t next_prekey_id) {
  const auto it = found.find(kPrekeysField);
  if (it == found.end()) return {next_prekey_id, 0};
  RecordReader in(it->second);
  const auto next_unconfirmed = static_cast<std::uint32_t>(in.number());
  if (!in.done(kVersion) || next_unconfirmed == 0) return {next_prekey_id, 0};
  // Ids wrap at 2^24.
  const std::size_t count = (next_prekey_id + signal::kMaxPrekeyId - next_unconfirmed) % signal::kMaxPrekeyId;
  if (count > kLongest) return {next_prekey_id, 0};
  return {next_unconfirmed, count};
}

Bytes PrekeyRange::write_confirmed(std::uint32_t next) {
  RecordWriter out(kVersion);
  out.number(next);
  return out.take();
}

}  // namespace linekeeper::transport
