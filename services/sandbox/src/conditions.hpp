#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sandbox.hpp"

namespace linekeeper::sandbox {

/// What `GET /admin/wait` can wait for, so that tests never sleep.
struct Condition {
  std::string until;
  std::string phone;  ///< Empty: any.
  std::optional<int> device;
  std::optional<ConnectionId> connection;
  std::uint64_t count = 1;
  std::string text;
  // For `stanza`.
  std::string tag, id, type, child, direction;
  std::uint64_t since = 0;
};

/// Names and meanings, for `GET /admin`.
const std::vector<std::pair<std::string_view, std::string_view>>& conditions();

/// What is so, or nothing as long as it is not. `why` names a condition that makes no sense.
std::optional<nlohmann::json> check(Core& core, const Condition& condition, std::string& why);

/// The entries of one device's or connection's journal that fit; all devices of the phone without `device`.
nlohmann::json read_journal(Core& core, const Condition& filter);

}  // namespace linekeeper::sandbox
