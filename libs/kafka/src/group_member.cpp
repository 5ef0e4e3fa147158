#include "linekeeper/kafka/group_member.hpp"

#include <cstdint>
#include <optional>

namespace linekeeper::kafka {
namespace {

/// A big endian number of `size` bytes from the front of `rest`.
std::optional<std::uint32_t> take_number(ByteView& rest, std::size_t size) {
  if (rest.size() < size) return std::nullopt;
  std::uint32_t value = 0;
  for (const std::uint8_t byte : rest.first(size))
    value = value << 8 | byte;
  rest = rest.subspan(size);
  return value;
}

}  // namespace

std::vector<std::string> subscribed_topics(ByteView metadata) {
  const auto version = take_number(metadata, 2);
  const auto count = take_number(metadata, 4);
  std::vector<std::string> topics;
  if (!version || !count) return topics;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto length = take_number(metadata, 2);
    if (!length || *length > metadata.size()) return {};
    topics.push_back(to_text(metadata.first(*length)));
    metadata = metadata.subspan(*length);
  }
  return topics;
}

std::string foreign_member(const std::vector<std::string>& topics, const std::string& lead_topic) {
  if (topics.empty()) return {};  // Just joining.
  if (topics.size() == 1 && topics.front() == lead_topic) return {};
  std::string list;
  bool takes_ours = false;
  for (const std::string& topic : topics) {
    list += (list.empty() ? "" : ", ") + topic;
    takes_ours = takes_ours || topic == lead_topic;
  }
  return "it subscribes to " + list +
         (takes_ours ? ": the partitions of " + lead_topic + " it is given are served by nobody" : "");
}

}  // namespace linekeeper::kafka
