#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/node/jid.hpp"

namespace linekeeper::transport {

struct Node;

/// An attribute is text or an address; the wire has different forms for the two, and peers tell them apart.
using Value = std::variant<std::string, Jid>;

struct Attribute {
  std::string key;
  Value value;
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

/// Nothing, raw bytes, text, an address, or children. Peers read `Bytes` and `std::string` as different types: content
/// that the other side takes for bytes (keys, ids, QR refs, payloads) is always sent as `Bytes`.
using Content = std::variant<std::monostate, Bytes, std::string, Jid, std::vector<Node>>;

/// One stanza or a part of one: a tag, attributes, content.
///
/// Built in one expression: `Node("iq").with("id", id).with("to", server_jid()).add(Node("ping"))`. Views and pointers
/// that accessors return live as long as the node is neither changed nor moved.
struct Node {
  std::string tag;
  std::vector<Attribute> attrs;
  Content content;

  Node() = default;
  explicit Node(std::string_view name) : tag(name) {}

  // Building. Each returns the node itself; keys are not checked for repetition.

  Node& with(std::string_view key, Value value) &;
  Node& with(std::string_view key, std::string text) & { return with(key, Value(std::move(text))); }
  Node& with(std::string_view key, std::string_view text) & { return with(key, Value(std::string(text))); }
  Node& with(std::string_view key, const char* text) & { return with(key, Value(std::string(text))); }
  Node& with(std::string_view key, std::integral auto number) & { return with(key, Value(std::to_string(number))); }
  template <typename T>
  Node&& with(std::string_view key, T&& value) && {
    with(key, std::forward<T>(value));
    return std::move(*this);
  }

  /// Leaves the attribute out if there is no value.
  template <typename T>
  Node& with_optional(std::string_view key, const std::optional<T>& value) & {
    if (value) with(key, *value);
    return *this;
  }
  template <typename T>
  Node&& with_optional(std::string_view key, const std::optional<T>& value) && {
    with_optional(key, value);
    return std::move(*this);
  }

  /// Appends a child. Content of another kind is replaced.
  Node& add(Node child) &;
  Node&& add(Node child) && {
    add(std::move(child));
    return std::move(*this);
  }
  Node& add_all(std::vector<Node> children) &;
  Node&& add_all(std::vector<Node> children) && {
    add_all(std::move(children));
    return std::move(*this);
  }
  Node& holding(Content what) & {
    content = std::move(what);
    return *this;
  }
  Node&& holding(Content what) && {
    content = std::move(what);
    return std::move(*this);
  }
  /// Copies into raw bytes.
  Node& holding_bytes(ByteView what) & { return holding(Content(Bytes(what.begin(), what.end()))); }
  Node&& holding_bytes(ByteView what) && {
    content = Bytes(what.begin(), what.end());
    return std::move(*this);
  }

  // Reading.

  /// Null if absent.
  const Value* find(std::string_view key) const noexcept;
  bool has(std::string_view key) const noexcept { return find(key) != nullptr; }
  /// The printed form of an address, or the text. An attribute that is present but empty gives an empty string.
  std::optional<std::string> attr(std::string_view key) const;
  /// Whether the attribute is there with exactly this text; addresses compare by their printed form.
  bool attr_is(std::string_view key, std::string_view text) const;
  /// An address, whether it came in one of the address forms or as its text. Nothing if absent or not an address.
  std::optional<Jid> jid(std::string_view key) const;
  /// A decimal number. Nothing if absent, signed, or beyond 64 bits.
  std::optional<std::uint64_t> number(std::string_view key) const noexcept;

  /// Empty unless the content is children.
  std::span<const Node> children() const noexcept;
  /// The first child with this tag; null if there is none.
  const Node* child(std::string_view name) const noexcept;
  /// The first child of any tag; null if there is none.
  const Node* first_child() const noexcept { return children().empty() ? nullptr : children().data(); }

  /// Raw bytes or text, the same for both. Empty for anything else.
  ByteView bytes() const noexcept;
  /// Bytes, text or a printed address as text. Empty for anything else. Raw bytes need not be UTF-8.
  std::string text() const;

  friend bool operator==(const Node& a, const Node& b);
};

/// The text of an attribute value: as is, or the printed address.
std::string printed(const Value& value);

/// For logs: tags and attribute names only, such as `iq[id,to]{ping}`. Never values or contents, which hold numbers,
/// names and keys. At most about `limit` characters; names that are not plain words appear as `?`.
std::string outline(const Node& node, std::size_t limit = 400);

}  // namespace linekeeper::transport
