#pragma once

#include <cstdint>
#include <string_view>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::sandbox {

/// The collection that holds an account's own name.
constexpr std::string_view kNameCollection = "critical_block";

/// The account's name as the first patch of `kNameCollection`, sealed for its devices. A phone writes it when it links,
/// and companions take their own name from there. Only good for version 1, which is in the MACs.
/// Facts: the key schedule, record layout and MACs of whatsmeow's appstate package.
Bytes name_patch(const Key32& sync_key, ByteView key_id, std::string_view name, std::int64_t now_ms);

}  // namespace linekeeper::sandbox
