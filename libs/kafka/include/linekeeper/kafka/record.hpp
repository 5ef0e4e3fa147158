#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::kafka {

struct Header {
  std::string name;
  std::string value;
  friend bool operator==(const Header&, const Header&) = default;
};
using Headers = std::vector<Header>;

/// The last header of that name, as Kafka's clients read them.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) noexcept;

/// Whose clock stamped a record.
enum class TimestampType : std::uint8_t { none, create, log_append };

/// Names one record for good.
struct RecordId {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  friend auto operator<=>(const RecordId&, const RecordId&) = default;
};

/// What a consumer hands over to be given back by `Consumer::finish`. `assignment` tells apart two times that the
/// same partition was ours.
struct Ticket {
  std::uint16_t topic = 0;  ///< Index: 0 is the lead topic, then the others in the order of the settings.
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::uint64_t assignment = 0;
  std::size_t size = 0;  ///< What the record counts against the budget.
};

/// A record as it was read. Owns all its memory.
struct Record {
  Ticket ticket;
  std::string topic;
  std::int64_t timestamp_ms = 0;  ///< Unix time; 0 with TimestampType::none.
  TimestampType timestamp_type = TimestampType::none;
  Bytes key;
  Bytes payload;
  bool tombstone = false;  ///< The record has no payload at all, which is not the same as an empty one.
  Headers headers;

  RecordId id() const { return {topic, ticket.partition, ticket.offset}; }
};

}  // namespace linekeeper::kafka
