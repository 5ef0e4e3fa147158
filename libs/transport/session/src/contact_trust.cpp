#include "contact_trust.hpp"

#include "record.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::int64_t kBucket = 7 * 24 * 3600;
constexpr std::int64_t kBuckets = 4;
/// Real ones have some dozen bytes.
constexpr std::size_t kLongest = 1024;

std::int64_t bucket(std::int64_t time) noexcept {
  return time / kBucket;
}

}  // namespace

bool ContactTrust::usable(std::int64_t now) const noexcept {
  return !token.empty() && token_at >= (bucket(now) - (kBuckets - 1)) * kBucket;
}

bool ContactTrust::due(std::int64_t now) const noexcept {
  return issued_at == 0 || bucket(now) > bucket(issued_at);
}

bool ContactTrust::learn(ByteView bytes, std::int64_t at) {
  if (bytes.empty() || bytes.size() > kLongest || at < 0) return false;
  if (!token.empty() && at < token_at) return false;
  token = to_bytes(bytes);
  token_at = at;
  return true;
}

Bytes ContactTrust::write() const {
  RecordWriter out(kVersion);
  out.bytes(token).number(static_cast<std::uint64_t>(token_at)).number(static_cast<std::uint64_t>(issued_at));
  return out.take();
}

Result<ContactTrust> ContactTrust::read(ByteView value) {
  RecordReader in(value);
  ContactTrust trust;
  trust.token = to_bytes(in.bytes());
  trust.token_at = static_cast<std::int64_t>(in.number());
  trust.issued_at = static_cast<std::int64_t>(in.number());
  LK_CHECK(in.done(kVersion));
  return trust;
}

}  // namespace linekeeper::transport
