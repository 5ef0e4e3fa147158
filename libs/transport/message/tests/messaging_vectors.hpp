#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport::message::vectors {

using nlohmann::json;

inline const json& messaging() {
  static const json all = json::parse(std::ifstream(LINEKEEPER_VECTORS "/messaging.json"));
  return all;
}

inline Bytes hex(const json& value) {
  return from_hex(value.get<std::string>()).value();
}

template <std::size_t N>
std::array<std::uint8_t, N> fixed(const json& value) {
  return exactly<N>(hex(value)).value();
}

}  // namespace linekeeper::transport::message::vectors
