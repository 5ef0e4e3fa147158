#pragma once

#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::kafka {

/// The topics in what a member told its group when it joined. Kafka's consumer protocol: int16 version, int32 count,
/// then strings of int16 length; all big endian; what follows is of no interest here. Whatever does not fit: none.
std::vector<std::string> subscribed_topics(ByteView metadata);

/// Why a member with this subscription does not belong to the group of workers; empty if it may.
std::string foreign_member(const std::vector<std::string>& topics, const std::string& lead_topic);

}  // namespace linekeeper::kafka
