#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper {

inline nlohmann::json vector_file(const std::string& name) {
  std::ifstream in(std::string(LINEKEEPER_VECTORS) + "/" + name);
  if (!in) throw std::runtime_error("no such vector file: " + name);
  return nlohmann::json::parse(in);
}

inline Bytes hex(const nlohmann::json& value) {
  const auto bytes = from_hex(value.get<std::string>());
  if (!bytes) throw std::runtime_error("not hexadecimal");
  return *bytes;
}

inline Key32 key(const nlohmann::json& value) {
  return exactly<32>(hex(value)).value();
}

}  // namespace linekeeper
