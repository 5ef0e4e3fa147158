#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "linekeeper/base/bytes.hpp"
#include "support/vectors.hpp"

namespace linekeeper {

inline nlohmann::json vector_file(const std::string& name) {
  return test::load_vectors<nlohmann::json>(name);
}

inline Bytes hex(const nlohmann::json& value) {
  return test::unhex(value);
}

inline Key32 key(const nlohmann::json& value) {
  return test::unhex_exactly<32>(value);
}

}  // namespace linekeeper
