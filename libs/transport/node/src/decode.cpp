#include <algorithm>
#include <array>

#include "inflate.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/node/codec.hpp"
#include "linekeeper/node/utf8.hpp"
#include "tags.hpp"
#include "token_table.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::string_view kNibbleAlphabet = "0123456789-.";
constexpr std::string_view kHexAlphabet = "0123456789ABCDEF";
/// A node of one token and no content: list tag, size, token.
constexpr std::size_t kSmallestNode = 3;

/// Reads one value after the other; every function says false when the bytes are not what they must be, and nobody goes
/// on after that. Lengths are compared with what is left before anything is allocated for them.
class Reader {
 public:
  explicit Reader(ByteView in) : in_(in) {}

  bool at_end() const noexcept { return in_.empty(); }

  bool node(Node& out, std::size_t depth) {
    std::uint8_t tag = 0;
    std::size_t size = 0;
    if (depth > kMaxDepth || !count_items(1) || !byte(tag) || !list_size(tag, size) || size == 0) return false;
    if (!byte(tag) || !string(tag, out.tag) || out.tag.empty()) return false;
    return attributes(out.attrs, (size - 1) / 2) && (size % 2 == 1 || content(out.content, depth));
  }

 private:
  std::size_t left() const noexcept { return in_.size(); }

  bool take(std::size_t n, ByteView& out) noexcept {
    if (n > left()) return false;
    out = in_.first(n);
    in_ = in_.subspan(n);
    return true;
  }

  bool byte(std::uint8_t& out) noexcept {
    if (in_.empty()) return false;
    out = in_.front();
    in_ = in_.subspan(1);
    return true;
  }

  bool integer(std::size_t width, std::size_t& out) noexcept {
    ByteView raw;
    if (!take(width, raw)) return false;
    out = static_cast<std::size_t>(get_be(raw));
    return true;
  }

  bool device(std::uint16_t& out) noexcept {
    std::size_t value = 0;
    if (!integer(2, value)) return false;
    out = static_cast<std::uint16_t>(value);
    return true;
  }

  bool count_items(std::size_t n) noexcept {
    items_ += n;
    return items_ <= kMaxItems;
  }

  bool list_size(std::uint8_t tag, std::size_t& out) noexcept {
    if (tag == kList8) return integer(1, out);
    if (tag == kList16) return integer(2, out);
    return false;
  }

  bool attributes(std::vector<Attribute>& out, std::size_t count) {
    // A key and a value take a byte each at least.
    if (count > left() / 2 || !count_items(count)) return false;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint8_t tag = 0;
      Attribute& attribute = out.emplace_back();
      if (!byte(tag) || !string(tag, attribute.key) || attribute.key.empty()) return false;
      if (!byte(tag) || !value(tag, attribute.value)) return false;
    }
    return all_different(out);
  }

  static bool all_different(const std::vector<Attribute>& attributes) {
    constexpr std::size_t kFew = 12;
    if (attributes.size() <= kFew) {
      for (auto a = attributes.begin(); a != attributes.end(); ++a) {
        if (std::any_of(attributes.begin(), a, [&](const Attribute& b) { return b.key == a->key; })) return false;
      }
      return true;
    }
    std::vector<std::string_view> keys;
    keys.reserve(attributes.size());
    for (const Attribute& attribute : attributes)
      keys.push_back(attribute.key);
    std::sort(keys.begin(), keys.end());
    return std::adjacent_find(keys.begin(), keys.end()) == keys.end();
  }

  bool value(std::uint8_t tag, Value& out) {
    if (tag == kListEmpty) {
      out = std::string();  // how one peer writes a value it lost
      return true;
    }
    if (is_jid(tag)) return jid(tag, out);
    return string(tag, out.emplace<std::string>());
  }

  bool content(Content& out, std::size_t depth) {
    std::uint8_t tag = 0;
    if (!byte(tag)) return false;
    switch (tag) {
      case kListEmpty: out.emplace<std::vector<Node>>(); return true;
      case kList8:
      case kList16: {
        std::size_t count = 0;
        return list_size(tag, count) && children(out.emplace<std::vector<Node>>(), count, depth);
      }
      case kBinary8:
      case kBinary20:
      case kBinary32: {
        ByteView raw;
        if (!binary(tag, raw)) return false;
        out.emplace<Bytes>(raw.begin(), raw.end());
        return true;
      }
      default: break;
    }
    Value value;
    if (is_jid(tag) ? !jid(tag, value) : !string(tag, value.emplace<std::string>())) return false;
    if (auto* address = std::get_if<Jid>(&value)) {
      out = std::move(*address);
      return true;
    }
    // Text without a short form is written as raw bytes, so it is bytes from the start: whatever was read can be
    // written and reads back the same.
    auto& text = std::get<std::string>(value);
    if (is_jid(tag) || text.empty() || text.size() > kPackedMax) {
      out.emplace<Bytes>(text.begin(), text.end());
    } else {
      out = std::move(text);
    }
    return true;
  }

  bool children(std::vector<Node>& out, std::size_t count, std::size_t depth) {
    if (count > left() / kSmallestNode) return false;
    // The announced number is believed for a handful only: lists inside lists would otherwise multiply it.
    out.reserve(std::min<std::size_t>(count, 16));
    for (std::size_t i = 0; i < count; ++i) {
      if (!node(out.emplace_back(), depth + 1)) return false;
    }
    return true;
  }

  /// Every form of text, raw bytes included. Not lists and not addresses.
  bool string(std::uint8_t tag, std::string& out) {
    if (tag != kListEmpty && tag < kDictionary0) {
      out = kSingleTokens[tag];
      return true;
    }
    if (tag >= kDictionary0 && tag <= kDictionary3) {
      std::uint8_t index = 0;
      if (!byte(index)) return false;
      out = kDoubleTokens[static_cast<std::size_t>(tag - kDictionary0)][index];
      return true;
    }
    if (tag == kNibble8) return packed(kNibbleAlphabet, out);
    if (tag == kHex8) return packed(kHexAlphabet, out);
    ByteView raw;
    if (!binary(tag, raw) || !is_utf8(raw)) return false;
    out = as_text(raw);
    return true;
  }

  bool binary(std::uint8_t tag, ByteView& out) noexcept {
    std::size_t size = 0;
    switch (tag) {
      case kBinary8: return integer(1, size) && take(size, out);
      // Twenty bits: the top four of the three bytes mean nothing, and nobody sets them.
      case kBinary20: return integer(3, size) && size < (1U << 20U) && take(size, out);
      case kBinary32: return integer(4, size) && take(size, out);
      default: return false;
    }
  }

  /// Two characters a byte. In the last byte of an odd count the low half is padding and must be 15; 15 anywhere else
  /// in a nibble string has no character.
  bool packed(std::string_view alphabet, std::string& out) {
    std::uint8_t header = 0;
    ByteView raw;
    if (!byte(header) || !take(header & 0x7fU, raw)) return false;
    const bool odd = (header & 0x80U) != 0;
    if (odd && (raw.empty() || (raw.back() & 0x0fU) != 15)) return false;
    std::array<char, 254> text;
    std::size_t length = 0;
    for (const std::uint8_t two : raw) {
      const std::size_t high = two >> 4U;
      const std::size_t low = two & 0x0fU;
      const bool dropped = odd && length + 2 == raw.size() * 2;
      if (high >= alphabet.size() || (!dropped && low >= alphabet.size())) return false;
      text[length++] = alphabet[high];
      if (!dropped) text[length++] = alphabet[low];
    }
    out.assign(text.data(), length);
    return true;
  }

  static bool is_jid(std::uint8_t tag) noexcept {
    return tag == kJidPair || tag == kAdJid || tag == kFbJid || tag == kInteropJid;
  }

  bool jid(std::uint8_t tag, Value& out) {
    switch (tag) {
      case kJidPair: return jid_pair(out);
      case kAdJid: return ad_jid(out.emplace<Jid>());
      case kFbJid: {
        Jid& jid = out.emplace<Jid>();
        jid.server = Server::msgr;
        return user(jid.user) && device(jid.device) && server(jid.server);
      }
      case kInteropJid: {
        Jid& jid = out.emplace<Jid>();
        jid.server = Server::interop;
        return user(jid.user) && device(jid.device) && device(jid.integrator) && server(jid.server);
      }
      default: return false;
    }
  }

  /// A peer without a type for addresses writes any text with an `@` in it as a pair, so a pair is an address only if
  /// it looks like one; otherwise the text comes back.
  bool jid_pair(Value& out) {
    std::uint8_t tag = 0;
    std::string user;
    std::string server;
    if (!byte(tag) || (tag != kListEmpty && !string(tag, user))) return false;
    if (!byte(tag) || !string(tag, server) || server.empty()) return false;
    const auto known = server_from(server);
    if (known && known != Server::interop && is_plain(user)) {
      out = Jid{std::move(user), *known, 0, 0};
      return true;
    }
    std::string text = std::move(user);
    text.append("@").append(server);
    if (known == Server::interop) {
      if (auto jid = Jid::parse(text)) {
        out = std::move(*jid);
        return true;
      }
    }
    out = std::move(text);
    return true;
  }

  bool ad_jid(Jid& jid) {
    std::uint8_t domain = 0;
    std::uint8_t number = 0;
    if (!byte(domain) || !byte(number)) return false;
    if (domain == kDomainPn) {
      jid.server = Server::pn;
    } else if (domain == kDomainLid) {
      jid.server = Server::lid;
    } else if (domain == kDomainHostedLid) {
      jid.server = Server::hosted_lid;
    } else if (domain >= kDomainHosted && domain % 2 == 0) {
      jid.server = Server::hosted;
    } else {
      return false;  // an agent of old: it names somebody, but nobody can say whom
    }
    jid.device = number;
    return user(jid.user);
  }

  bool user(std::string& out) {
    std::uint8_t tag = 0;
    return byte(tag) && string(tag, out) && !out.empty() && is_plain(out);
  }

  bool server(Server expected) {
    std::uint8_t tag = 0;
    std::string name;
    return byte(tag) && string(tag, name) && name == server_name(expected);
  }

  static bool is_plain(std::string_view user) noexcept { return user.find_first_of(":@") == std::string_view::npos; }

  ByteView in_;
  std::size_t items_ = 0;
};

}  // namespace

Result<Node> decode(ByteView plaintext) {
  if (plaintext.empty()) return Errc::malformed_node;
  ByteView body = plaintext.subspan(1);
  Bytes inflated;
  if ((plaintext.front() & kFlagCompressed) != 0) {
    LK_TRY(inflated, inflate(body, kMaxInflated));
    body = inflated;
  }
  Reader reader(body);
  Result<Node> node{Node()};
  if (!reader.node(*node, 1) || !reader.at_end()) return Errc::malformed_node;
  return node;
}

}  // namespace linekeeper::transport
