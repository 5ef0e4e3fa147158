#include "linekeeper/node/node.hpp"

#include <algorithm>
#include <charconv>

namespace linekeeper::transport {

std::string printed(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return std::get<Jid>(value).str();
}

Node& Node::with(std::string_view key, Value value) & {
  attrs.push_back({std::string(key), std::move(value)});
  return *this;
}

Node& Node::add(Node child) & {
  if (!std::holds_alternative<std::vector<Node>>(content)) content.emplace<std::vector<Node>>();
  std::get<std::vector<Node>>(content).push_back(std::move(child));
  return *this;
}

Node& Node::add_all(std::vector<Node> more) & {
  auto* present = std::get_if<std::vector<Node>>(&content);
  if (present == nullptr || present->empty()) {
    content = std::move(more);
  } else {
    present->insert(present->end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return *this;
}

const Value* Node::find(std::string_view key) const noexcept {
  const auto found = std::find_if(attrs.begin(), attrs.end(), [key](const Attribute& a) { return a.key == key; });
  return found == attrs.end() ? nullptr : &found->value;
}

std::optional<std::string> Node::attr(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  return printed(*value);
}

bool Node::attr_is(std::string_view key, std::string_view text) const {
  const Value* value = find(key);
  if (value == nullptr) return false;
  if (const auto* plain = std::get_if<std::string>(value)) return *plain == text;
  return std::get<Jid>(*value).str() == text;
}

std::optional<Jid> Node::jid(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (const auto* jid = std::get_if<Jid>(value)) return *jid;
  return Jid::parse(std::get<std::string>(*value));
}

std::optional<std::uint64_t> Node::number(std::string_view key) const noexcept {
  const Value* value = find(key);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  if (text == nullptr || text->empty() || text->front() < '0' || text->front() > '9') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (ec != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return number;
}

std::span<const Node> Node::children() const noexcept {
  if (const auto* nodes = std::get_if<std::vector<Node>>(&content)) return *nodes;
  return {};
}

const Node* Node::child(std::string_view name) const noexcept {
  const auto nodes = children();
  const auto found = std::find_if(nodes.begin(), nodes.end(), [name](const Node& n) { return n.tag == name; });
  return found == nodes.end() ? nullptr : &*found;
}

ByteView Node::bytes() const noexcept {
  if (const auto* raw = std::get_if<Bytes>(&content)) return *raw;
  if (const auto* text = std::get_if<std::string>(&content)) return as_bytes(*text);
  return {};
}

std::string Node::text() const {
  if (const auto* jid = std::get_if<Jid>(&content)) return jid->str();
  return to_text(bytes());
}

bool operator==(const Node& a, const Node& b) {
  return a.tag == b.tag && a.attrs == b.attrs && a.content == b.content;
}

}  // namespace linekeeper::transport
