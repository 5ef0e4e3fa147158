#include <array>
#include <limits>
#include <stdexcept>

#include "linekeeper/node/codec.hpp"
#include "tags.hpp"
#include "tokens.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint8_t kInNibble = 1;
constexpr std::uint8_t kInHex = 2;

struct PackedChar {
  std::uint8_t alphabets = 0;  ///< kInNibble, kInHex or both.
  std::uint8_t nibble = 0;
  std::uint8_t hex = 0;
};

constexpr std::array<PackedChar, 256> make_packed_chars() {
  std::array<PackedChar, 256> table{};
  for (std::uint8_t i = 0; i < 10; ++i)
    table[static_cast<std::uint8_t>('0' + i)] = {kInNibble | kInHex, i, i};
  for (std::uint8_t i = 0; i < 6; ++i)
    table[static_cast<std::uint8_t>('A' + i)] = {kInHex, 0, static_cast<std::uint8_t>(10 + i)};
  table['-'] = {kInNibble, 10, 0};
  table['.'] = {kInNibble, 11, 0};
  return table;
}

constexpr auto kPackedChars = make_packed_chars();

const PackedChar& packed_char(char c) noexcept {
  return kPackedChars[static_cast<std::uint8_t>(c)];
}

class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void node(const Node& node) {
    if (node.tag.empty()) throw std::invalid_argument("a node needs a tag");
    const bool has_content = !std::holds_alternative<std::monostate>(node.content);
    list_header(1 + 2 * node.attrs.size() + (has_content ? 1 : 0));
    string(node.tag);
    for (const Attribute& attribute : node.attrs) {
      if (attribute.key.empty()) throw std::invalid_argument("an attribute needs a key");
      string(attribute.key);
      std::visit([this](const auto& value) { write(value); }, attribute.value);
    }
    if (has_content) std::visit([this](const auto& value) { write(value); }, node.content);
  }

 private:
  void write(std::monostate /*unused*/) {}
  void write(const std::string& text) { string(text); }
  void write(const Jid& value) { jid(value); }
  void write(const Bytes& raw) { binary(raw); }
  void write(const std::vector<Node>& children) {
    if (children.empty()) return byte(kListEmpty);
    list_header(children.size());
    for (const Node& child : children)
      node(child);
  }

  void byte(std::uint8_t value) { out_.push_back(value); }

  void list_header(std::size_t size) {
    if (size > std::numeric_limits<std::uint16_t>::max())
      throw std::invalid_argument("a list has more than 65535 items");
    if (size < 256) {
      byte(kList8);
      byte(static_cast<std::uint8_t>(size));
    } else {
      byte(kList16);
      put_be(out_, size, 2);
    }
  }

  void string(std::string_view text) {
    const TokenIndex token = find_token(text);
    if (token.table == TokenIndex::kSingle) return byte(token.index);
    if (token.table < TokenIndex::kSingle) {
      byte(static_cast<std::uint8_t>(kDictionary0 + token.table));
      return byte(token.index);
    }
    if (!text.empty() && text.size() <= kPackedMax) {
      std::uint8_t alphabets = kInNibble | kInHex;
      for (const char c : text) {
        alphabets &= packed_char(c).alphabets;
        if (alphabets == 0) break;
      }
      if ((alphabets & kInNibble) != 0) return packed(kNibble8, text);
      if ((alphabets & kInHex) != 0) return packed(kHex8, text);
    }
    binary(as_bytes(text));
  }

  void packed(Tag tag, std::string_view text) {
    const auto half = [tag](char c) { return tag == kNibble8 ? packed_char(c).nibble : packed_char(c).hex; };
    const std::size_t odd = text.size() % 2;
    byte(tag);
    byte(static_cast<std::uint8_t>((odd << 7U) | ((text.size() + odd) / 2)));
    for (std::size_t i = 0; i < text.size(); i += 2) {
      const std::uint8_t low = i + 1 < text.size() ? half(text[i + 1]) : std::uint8_t{15};
      byte(static_cast<std::uint8_t>((half(text[i]) << 4U) | low));
    }
  }

  void binary(ByteView raw) {
    if (raw.size() < 256) {
      byte(kBinary8);
      byte(static_cast<std::uint8_t>(raw.size()));
    } else if (raw.size() < (1U << 20U)) {
      byte(kBinary20);
      put_be(out_, raw.size(), 3);
    } else {
      if (raw.size() > std::numeric_limits<std::uint32_t>::max())
        throw std::invalid_argument("content of 4 GiB or more");
      byte(kBinary32);
      put_be(out_, raw.size(), 4);
    }
    append(out_, raw);
  }

  void jid(const Jid& jid) {
    if (jid.user.empty()) {
      byte(kJidPair);
      byte(kListEmpty);
      return string(server_name(jid.server));
    }
    switch (jid.server) {
      case Server::pn:
      case Server::lid:
        if (jid.device == 0) return jid_pair(jid);
        return ad_jid(jid.server == Server::pn ? kDomainPn : kDomainLid, jid);
      case Server::hosted: return ad_jid(kDomainHosted, jid);
      case Server::hosted_lid: return ad_jid(kDomainHostedLid, jid);
      case Server::msgr:
        byte(kFbJid);
        string(jid.user);
        put_be(out_, jid.device, 2);
        return string(server_name(jid.server));
      case Server::interop:
        byte(kInteropJid);
        string(jid.user);
        put_be(out_, jid.device, 2);
        put_be(out_, jid.integrator, 2);
        return string(server_name(jid.server));
      default:
        if (jid.device != 0) throw std::invalid_argument("this server's addresses have no device");
        return jid_pair(jid);
    }
  }

  void jid_pair(const Jid& jid) {
    byte(kJidPair);
    string(jid.user);
    string(server_name(jid.server));
  }

  void ad_jid(Domain domain, const Jid& jid) {
    // Some peers cut larger numbers to eight bits and so address another device.
    if (jid.device > 255) throw std::invalid_argument("a device above 255 has no form on the wire");
    byte(kAdJid);
    byte(domain);
    byte(static_cast<std::uint8_t>(jid.device));
    string(jid.user);
  }

  Bytes& out_;
};

/// Enough in nearly all cases: texts at their raw size, a few bytes of frame around each.
std::size_t room_for(const Node& node) noexcept {
  struct Size {
    std::size_t operator()(std::monostate /*unused*/) const noexcept { return 0; }
    std::size_t operator()(const Bytes& raw) const noexcept { return raw.size() + 5; }
    std::size_t operator()(const std::string& text) const noexcept { return text.size() + 2; }
    std::size_t operator()(const Jid& jid) const noexcept { return jid.user.size() + 16; }
    std::size_t operator()(const std::vector<Node>& children) const noexcept {
      std::size_t sum = 3;
      for (const Node& child : children)
        sum += room_for(child);
      return sum;
    }
  };
  std::size_t sum = 3 + node.tag.size() + 2 + std::visit(Size{}, node.content);
  for (const Attribute& attribute : node.attrs)
    sum += attribute.key.size() + 2 + std::visit(Size{}, attribute.value);
  return sum;
}

}  // namespace

void encode_to(Bytes& out, const Node& node) {
  out.reserve(out.size() + 1 + room_for(node));
  out.push_back(0);  // never compressed: no peer compresses what it sends
  Writer(out).node(node);
}

Bytes encode(const Node& node) {
  Bytes out;
  encode_to(out, node);
  return out;
}

}  // namespace linekeeper::transport
