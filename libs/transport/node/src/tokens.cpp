#include "tokens.hpp"

#include <array>

#include "token_table.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::size_t kLongestToken = 48;
constexpr std::size_t kSlots = 4096;  // a power of two, about three times the number of tokens
constexpr std::uint16_t kFree = 0xffff;

constexpr std::uint32_t hash(std::string_view text) noexcept {
  std::uint32_t h = 2166136261U;  // FNV-1a
  for (const char c : text)
    h = (h ^ static_cast<std::uint8_t>(c)) * 16777619U;
  return h ^ (h >> 15U);
}

constexpr std::string_view token(std::uint16_t id) noexcept {
  return id < 1024 ? kDoubleTokens[id / 256][id % 256] : kSingleTokens[id - 1024U];
}

/// Open addressing with linear probing, laid out by the compiler: ids 0–1023 are rows of two-byte tokens, 1024 and up
/// single.
constexpr std::array<std::uint16_t, kSlots> make_slots() {
  std::array<std::uint16_t, kSlots> slots{};
  slots.fill(kFree);
  constexpr std::uint16_t kEnd = 1024 + kSingleTokens.size();
  for (std::uint16_t id = 0; id < kEnd; ++id) {
    if (token(id).empty()) continue;
    std::size_t at = hash(token(id)) % kSlots;
    while (slots[at] != kFree)
      at = (at + 1) % kSlots;
    slots[at] = id;
  }
  return slots;
}

constexpr auto kSlotTable = make_slots();

}  // namespace

TokenIndex find_token(std::string_view text) noexcept {
  if (text.empty() || text.size() > kLongestToken) return {};
  for (std::size_t at = hash(text) % kSlots; kSlotTable[at] != kFree; at = (at + 1) % kSlots) {
    const std::uint16_t id = kSlotTable[at];
    if (token(id) != text) continue;
    if (id >= 1024) return {TokenIndex::kSingle, static_cast<std::uint8_t>(id - 1024U)};
    return {static_cast<std::uint8_t>(id / 256), static_cast<std::uint8_t>(id % 256)};
  }
  return {};
}

}  // namespace linekeeper::transport
