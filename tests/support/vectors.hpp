#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::test {

using Json = nlohmann::ordered_json;

/// A file of tests/vectors, parsed. Throws if it is missing: a test without its vectors must fail.
template <typename AnyJson = Json>
AnyJson load_vectors(const std::string& file) {
  const std::string path = std::string(LINEKEEPER_VECTORS) + "/" + file;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("no such vectors: " + path);
  return AnyJson::parse(in);
}

/// The bytes of a hex string in the vectors.
template <typename AnyJson>
Bytes unhex(const AnyJson& value) {
  auto bytes = from_hex(value.template get<std::string>());
  if (!bytes) throw std::runtime_error("not hex: " + value.dump());
  return *bytes;
}

/// The same for a value of known length.
template <std::size_t N, typename AnyJson>
std::array<std::uint8_t, N> unhex_exactly(const AnyJson& value) {
  auto bytes = exactly<N>(unhex(value));
  if (!bytes) throw std::runtime_error("wrong length: " + value.dump());
  return *bytes;
}

}  // namespace linekeeper::test
