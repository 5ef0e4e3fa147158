#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "device_list.hpp"
#include "linekeeper/node/node.hpp"
#include "linekeeper/session/outgoing.hpp"

namespace linekeeper::transport {

/// Asks for the device lists (and hidden ids) of these users, in one iq. The caller adds the id.
Node devices_query(const std::vector<Jid>& users, std::string_view sid);

struct UserDevices {
  Jid user;               ///< As the server answered.
  std::optional<Jid> pn;  ///< If the answer names the number beside a hidden id.
  std::optional<Jid> lid;
  std::optional<DeviceList> list;  ///< Nothing: an error, or no list.
};
/// Users the server left out are absent.
std::vector<UserDevices> read_devices_answer(const Node& iq, std::int64_t now);

/// Asks which of these numbers (digits) are registered. Interactive, rate limited.
Node numbers_query(const std::vector<std::string>& numbers, std::string_view sid);
/// One entry per number asked, in that order; what the answer does not name is not registered.
std::vector<NumberStatus> read_numbers_answer(const Node& iq, const std::vector<std::string>& numbers);

/// The first error a protocol of the query was answered with, 0 if none.
int usync_error(const Node& iq) noexcept;

}  // namespace linekeeper::transport
