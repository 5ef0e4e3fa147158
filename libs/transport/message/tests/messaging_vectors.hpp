#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "support/vectors.hpp"

namespace linekeeper::transport::message::vectors {

using nlohmann::json;

inline const json& messaging() {
  static const json all = test::load_vectors<json>("messaging.json");
  return all;
}

inline Bytes hex(const json& value) {
  return test::unhex(value);
}

template <std::size_t N>
std::array<std::uint8_t, N> fixed(const json& value) {
  return test::unhex_exactly<N>(value);
}

}  // namespace linekeeper::transport::message::vectors
