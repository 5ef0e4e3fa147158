#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "linekeeper/node/node.hpp"

namespace linekeeper::sandbox {

using transport::Jid;
using transport::Node;

/// What one device has been sent, or will be, and has not confirmed: messages, receipts and notifications in order of
/// arrival. A live stanza passes through it as well, because a socket may die before the answer.
class OfflineQueue {
 public:
  struct Item {
    Node stanza;
    unsigned deliveries = 0;  ///< How often it went out so far.
  };
  struct Counts {
    std::size_t message = 0;
    std::size_t notification = 0;
    std::size_t receipt = 0;
    std::size_t other = 0;
    std::size_t total() const noexcept { return message + notification + receipt + other; }
  };

  explicit OfflineQueue(std::size_t limit = 20'000) noexcept : limit_(limit) {}
  OfflineQueue(const OfflineQueue&) = delete;
  OfflineQueue& operator=(const OfflineQueue&) = delete;

  /// Appends; the reference stays good until the item is confirmed. Beyond the limit the oldest item is given up:
  /// `overflowed` counts those.
  Item& push(Node stanza);

  /// The device confirmed a stanza of this tag and id. `from` is the address its answer went to: it decides between
  /// several stanzas of one id, for which full address and type count before anything vaguer. Returns how many items
  /// left.
  std::size_t confirm(std::string_view tag, std::string_view id, const std::optional<Jid>& from,
                      const std::optional<std::string>& type);

  std::list<Item>& items() noexcept { return items_; }
  const std::list<Item>& items() const noexcept { return items_; }
  const Counts& counts() const noexcept { return counts_; }
  std::size_t size() const noexcept { return items_.size(); }
  bool empty() const noexcept { return items_.empty(); }
  std::uint64_t overflowed() const noexcept { return overflowed_; }

 private:
  using Position = std::list<Item>::iterator;
  void erase(Position at);
  std::size_t& count_of(std::string_view tag) noexcept;

  std::size_t limit_;
  std::list<Item> items_;
  std::unordered_multimap<std::string, Position> by_id_;
  Counts counts_;
  std::uint64_t overflowed_ = 0;
};

}  // namespace linekeeper::sandbox
