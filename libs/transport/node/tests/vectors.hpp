#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "linekeeper/node/node.hpp"
#include "support/vectors.hpp"

namespace linekeeper::transport::vectors {

using nlohmann::json;

inline json load(const std::string& file) {
  return test::load_vectors<json>(file);
}

inline Bytes hex(const json& value) {
  return test::unhex(value);
}

inline Content content_from(const json& value);

inline Value value_from(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  return Jid::parse(value.at("jid").get<std::string>()).value();
}

inline Node node_from(const json& value) {
  Node node(value.at("tag").get<std::string>());
  for (const auto& attribute : value.at("attrs"))
    node.with(attribute[0].get<std::string>(), value_from(attribute[1]));
  node.content = content_from(value.at("content"));
  return node;
}

inline Content content_from(const json& value) {
  if (value.is_null()) return {};
  if (value.contains("hex")) return hex(value["hex"]);
  if (value.contains("str")) return value["str"].get<std::string>();
  if (value.contains("jid")) return Jid::parse(value["jid"].get<std::string>()).value();
  if (value.contains("fill")) {
    return Bytes(value["fill"]["count"].get<std::size_t>(), hex(value["fill"]["byte"]).at(0));
  }
  std::vector<Node> children;
  for (const auto& child : value.at("nodes"))
    children.push_back(node_from(child));
  return children;
}

/// Addresses are printed in these files, and not quite as we print them: bring every text to our form.
inline std::string our_text(const std::string& text) {
  const auto jid = text.find('@') == std::string::npos ? std::nullopt : Jid::parse(text);
  return jid ? jid->str() : text;
}

/// `node` with each address as its text, to compare with what these files print.
inline Node with_printed_addresses(Node node) {
  for (auto& attribute : node.attrs)
    attribute.value = our_text(printed(attribute.value));
  if (std::holds_alternative<Jid>(node.content)) node.content = node.text();
  if (auto* text = std::get_if<std::string>(&node.content)) *text = our_text(*text);
  if (auto* children = std::get_if<std::vector<Node>>(&node.content)) {
    for (Node& child : *children)
      child = with_printed_addresses(std::move(child));
  }
  return node;
}

/// One test case per vector, called by its name.
struct Vector {
  json data;
  std::string name() const { return data.at("name").get<std::string>(); }
  friend void PrintTo(const Vector& vector, std::ostream* out) { *out << vector.name(); }
};

inline std::vector<Vector> all(const std::string& file) {
  std::vector<Vector> out;
  for (const auto& item : load(file))
    out.push_back({item});
  return out;
}

/// GoogleTest takes letters, digits and underscores only.
inline std::string test_name(std::string name) {
  std::replace_if(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace linekeeper::transport::vectors
