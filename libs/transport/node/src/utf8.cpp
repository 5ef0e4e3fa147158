#include "linekeeper/node/utf8.hpp"

namespace linekeeper::transport {
namespace {

/// How many bytes the character at the front takes; 0 if there is none. Precondition: not empty.
std::size_t character(ByteView text) noexcept {
  const std::uint8_t first = text.front();
  if (first < 0x80) return 1;
  std::size_t size = 0;
  std::uint8_t low = 0x80;   // bounds of the second byte: they exclude overlong forms,
  std::uint8_t high = 0xbf;  // surrogates and what lies beyond U+10FFFF
  if (first >= 0xc2 && first <= 0xdf) {
    size = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    size = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    size = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  }
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i, low = 0x80, high = 0xbf) {
    if (text[i] < low || text[i] > high) return 0;
  }
  return size;
}

}  // namespace

bool is_utf8(ByteView text) noexcept {
  while (!text.empty()) {
    const std::size_t size = character(text);
    if (size == 0) return false;
    text = text.subspan(size);
  }
  return true;
}

std::string scrub_utf8(std::string text) {
  if (is_utf8(as_bytes(text))) return text;
  std::string out;
  for (ByteView rest = as_bytes(text); !rest.empty();) {
    const std::size_t size = character(rest);
    if (size == 0) {
      out.append("\xef\xbf\xbd");
      rest = rest.subspan(1);
    } else {
      out.append(as_text(rest.first(size)));
      rest = rest.subspan(size);
    }
  }
  return out;
}

}  // namespace linekeeper::transport
