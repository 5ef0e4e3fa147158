#include "linekeeper/message/lid_mapping.hpp"

#include <limits>

#include "linekeeper/base/errc.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport::message {

Result<std::vector<LidMapping>> parse_lid_mappings(ByteView payload) {
  wire::LIDMigrationMappingSyncPayload parsed;
  if (payload.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !parsed.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Errc::malformed_message;
  }
  std::vector<LidMapping> out;
  out.reserve(static_cast<std::size_t>(parsed.pn_to_lid_mappings_size()));
  for (const auto& pair : parsed.pn_to_lid_mappings()) {
    const std::uint64_t lid = pair.latest_lid() != 0 ? pair.latest_lid() : pair.assigned_lid();
    if (pair.pn() == 0 || lid == 0) return Errc::malformed_message;
    out.push_back({{std::to_string(pair.pn()), Server::pn, 0, 0}, {std::to_string(lid), Server::lid, 0, 0}});
  }
  return out;
}

}  // namespace linekeeper::transport::message
