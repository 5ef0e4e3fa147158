#include "retry_asks.hpp"

#include <algorithm>

#include "record.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint8_t kVersion = 1;

/// FNV-1a over sender and id: the same in every process and version. A collision costs one retry at worst.
std::uint64_t key_of(const Jid& sender, std::string_view id) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text)
      hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
    hash = (hash ^ 0xffU) * 0x100000001b3ULL;
  };
  mix(sender.str());
  mix(id);
  return hash;
}

}  // namespace

std::string RetryAsks::field(std::size_t block) {
  return "asks/" + std::to_string(block);
}

std::string RetryAsks::field(const Jid& sender, std::string_view id) {
  return field(static_cast<std::size_t>((key_of(sender, id) >> 32U) % kBlocks));
}

Result<RetryAsks> RetryAsks::read(ByteView value) {
  RecordReader in(value);
  RetryAsks asks;
  const std::size_t n = in.count(3);
  for (std::size_t i = 0; i < n && !in.failed(); ++i) {
    Entry entry{};
    entry.key = in.number();
    entry.count = static_cast<std::uint8_t>(in.number());
    entry.at = static_cast<std::int64_t>(in.number());
    asks.entries_.push_back(entry);
  }
  LK_CHECK(in.done(kVersion));
  return asks;
}

std::optional<Bytes> RetryAsks::write() const {
  if (entries_.empty()) return std::nullopt;
  RecordWriter out(kVersion);
  out.number(entries_.size());
  for (const Entry& e : entries_)
    out.number(e.key).number(e.count).number(static_cast<std::uint64_t>(e.at));
  return out.take();
}

unsigned RetryAsks::count(const Jid& sender, std::string_view id) const noexcept {
  const std::uint64_t key = key_of(sender, id);
  for (const Entry& e : entries_) {
    if (e.key == key) return e.count;
  }
  return 0;
}

unsigned RetryAsks::ask(const Jid& sender, std::string_view id, unsigned at_least, std::int64_t now) {
  const std::uint64_t key = key_of(sender, id);
  const unsigned next = std::max(count(sender, id), std::min(at_least, kMost)) + 1;
  std::erase_if(entries_, [key](const Entry& e) { return e.key == key; });
  if (entries_.size() >= kEntries) entries_.erase(entries_.begin());
  entries_.push_back({key, static_cast<std::uint8_t>(std::min(next, 255U)), now});
  return next;
}

bool RetryAsks::settled(const Jid& sender, std::string_view id) {
  const std::uint64_t key = key_of(sender, id);
  return std::erase_if(entries_, [key](const Entry& e) { return e.key == key; }) != 0;
}

bool RetryAsks::expire(std::int64_t oldest) {
  return std::erase_if(entries_, [oldest](const Entry& e) { return e.at < oldest; }) != 0;
}

}  // namespace linekeeper::transport
