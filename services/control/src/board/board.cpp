#include "board/board.hpp"

#include <tuple>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::control {
namespace {

UnixTime time_of(const google::protobuf::Timestamp& stamp) {
  return UnixTime(std::chrono::duration_cast<UnixTime::duration>(std::chrono::seconds(stamp.seconds()) +
                                                                 std::chrono::nanoseconds(stamp.nanos())));
}

/// When the secret in it expires; nothing if it has none.
std::optional<UnixTime> expiry_of(const v1::ConnectionEvent& event) {
  if (event.has_qr()) return time_of(event.qr().expires_at());
  if (event.has_code()) return time_of(event.code().expires_at());
  return std::nullopt;
}

void wipe_secrets(v1::ConnectionEvent& event) {
  for (std::string* secret : {event.has_qr() ? event.mutable_qr()->mutable_text() : nullptr,
                              event.has_code() ? event.mutable_code()->mutable_code() : nullptr})
    if (secret != nullptr) secret->assign(secret->size(), '\0');
  event.clear_qr();
  event.clear_code();
}

bool older(const v1::EventOrder& a, const v1::EventOrder& b) {
  return std::tuple(a.token(), a.sequence()) < std::tuple(b.token(), b.sequence());
}

}  // namespace

bool Board::take(Place place, v1::ConnectionEvent event) {
  const auto [found, fresh] = entries_.try_emplace(event.session_id());
  Entry& entry = found->second;
  if (!fresh && older(event.order(), entry.event.order())) return false;
  // The status again, for readers that were away: the QR that stands is not in it and still lives.
  if (!fresh && event.repeated() && entry.event.status() == event.status()) {
    if (entry.event.has_qr() && !event.has_qr()) *event.mutable_qr() = entry.event.qr();
    if (entry.event.has_code() && !event.has_code()) *event.mutable_code() = entry.event.code();
  }
  if (!fresh) {
    changes_.erase(entry.change);
    wipe_secrets(entry.event);
  }
  entry.event = std::move(event);
  entry.place = place;
  entry.change = ++last_change_;
  changes_.emplace(entry.change, &entry);
  if (const auto until = expiry_of(entry.event)) expiries_.emplace(*until, entry.event.session_id());
  return true;
}

const Board::Entry* Board::find(std::string_view session) const {
  const auto found = entries_.find(std::string(session));
  return found == entries_.end() ? nullptr : &found->second;
}

const Board::Entry* Board::pairing(std::string_view session, UnixTime now) const {
  const Entry* entry = find(session);
  if (entry == nullptr || entry->event.status() != v1::LINE_STATUS_PAIRING) return nullptr;
  const auto until = expiry_of(entry->event);
  return until && *until > now ? entry : nullptr;
}

void Board::forget_expired(UnixTime now) {
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const auto found = entries_.find(expiries_.begin()->second);
    expiries_.erase(expiries_.begin());
    if (found == entries_.end()) continue;
    const auto until = expiry_of(found->second.event);
    if (until && *until <= now) wipe_secrets(found->second.event);
  }
}

const Board::Entry* Board::next(Cursor& cursor) const {
  for (auto at = changes_.upper_bound(cursor.change_); at != changes_.end(); ++at) {
    const Entry& entry = *at->second;
    cursor.change_ = entry.change;
    const auto [seen, fresh] = cursor.seen_.try_emplace(entry.place.partition, -1);
    if (entry.place.offset <= seen->second) continue;
    seen->second = entry.place.offset;
    return &entry;
  }
  return nullptr;
}

std::string Board::Cursor::token() const {
  Bytes packed{1};  // Format.
  for (const auto& [partition, offset] : seen_) {
    put_be(packed, static_cast<std::uint32_t>(partition), 4);
    put_be(packed, static_cast<std::uint64_t>(offset + 1), 8);
  }
  return to_base64url(packed);
}

std::optional<Board::Cursor> Board::Cursor::parse(std::string_view token) {
  constexpr std::size_t kMost = 16 * 1024;  // A thousand partitions.
  Cursor cursor;
  if (token.empty()) return cursor;
  if (token.size() > kMost) return std::nullopt;
  const auto packed = from_base64(token);
  if (!packed || packed->empty() || packed->front() != 1 || (packed->size() - 1) % 12 != 0) return std::nullopt;
  for (std::size_t at = 1; at < packed->size(); at += 12) {
    const ByteView part = ByteView(*packed).subspan(at, 12);
    const std::uint64_t partition = get_be(part.first(4));
    const std::uint64_t after = get_be(part.last(8));
    if (partition > INT32_MAX || after > INT64_MAX) return std::nullopt;
    cursor.seen_[static_cast<std::int32_t>(partition)] = static_cast<std::int64_t>(after) - 1;
  }
  return cursor;
}

}  // namespace linekeeper::control
