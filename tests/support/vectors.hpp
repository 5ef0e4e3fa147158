#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::testing {

using Json = nlohmann::ordered_json;

/// A file of tests/vectors, parsed. Throws if it is missing: a test without its vectors must fail.
inline Json load_vectors(const std::string& file) {
  const std::string path = std::string(LINEKEEPER_VECTORS) + "/" + file;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("no such vectors: " + path);
  return Json::parse(in);
}

/// The bytes of a hex string in the vectors.
inline Bytes unhex(const Json& value) {
  auto bytes = from_hex(value.get<std::string>());
  if (!bytes) throw std::runtime_error("not hex: " + value.dump());
  return *bytes;
}

/// The same for a value of known length.
template <std::size_t N>
std::array<std::uint8_t, N> unhex_exactly(const Json& value) {
  auto bytes = exactly<N>(unhex(value));
  if (!bytes) throw std::runtime_error("wrong length: " + value.dump());
  return *bytes;
}

}  // namespace linekeeper::testing
