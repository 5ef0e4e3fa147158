#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "linekeeper/node/node.hpp"

namespace linekeeper::transport::message {

/// After a login the server holds queued stanzas back until this.
Node active_request(std::string_view id);

/// What waits in the offline queue.
struct OfflinePreview {
  std::uint32_t total = 0;
  std::uint32_t messages = 0;
  std::uint32_t notifications = 0;
  std::uint32_t receipts = 0;
  std::uint32_t appdata = 0;
};

/// From an `<ib>`; nothing if it says something else. Missing or unreadable numbers count as 0.
std::optional<OfflinePreview> offline_preview(const Node& ib);

/// The number of stanzas delivered, if this `<ib>` says that the queue is empty.
std::optional<std::uint32_t> offline_end(const Node& ib);

/// Asks for the next stanzas of the queue: as the answer to the preview, and again after each `count` handled.
Node offline_batch(std::uint32_t count = 100);

}  // namespace linekeeper::transport::message
