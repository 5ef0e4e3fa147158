#include "linekeeper/message/offline.hpp"

#include <algorithm>
#include <limits>

#include "linekeeper/message/iq.hpp"

namespace linekeeper::transport::message {
namespace {

std::uint32_t number(const Node& node, std::string_view key) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(node.number(key).value_or(0), std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

Node active_request(std::string_view id) {
  return iq_set(id, "passive").add(Node("active"));
}

std::optional<OfflinePreview> offline_preview(const Node& ib) {
  const Node* preview = ib.tag == "ib" ? ib.child("offline_preview") : nullptr;
  if (preview == nullptr) return std::nullopt;
  return OfflinePreview{number(*preview, "count"), number(*preview, "message"), number(*preview, "notification"),
                        number(*preview, "receipt"), number(*preview, "appdata")};
}

std::optional<std::uint32_t> offline_end(const Node& ib) {
  const Node* end = ib.tag == "ib" ? ib.child("offline") : nullptr;
  if (end == nullptr) return std::nullopt;
  return number(*end, "count");
}

Node offline_batch(std::uint32_t count) {
  return Node("ib").add(Node("offline_batch").with("count", count));
}

}  // namespace linekeeper::transport::message
