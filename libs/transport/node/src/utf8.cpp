#include "utf8.hpp"

namespace linekeeper::transport {

bool is_utf8(ByteView text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::uint8_t first = text[i++];
    if (first < 0x80) continue;
    std::size_t more = 0;
    std::uint8_t low = 0x80;   // bounds of the second byte: they exclude overlong forms,
    std::uint8_t high = 0xbf;  // surrogates and what lies beyond U+10FFFF
    if (first >= 0xc2 && first <= 0xdf) {
      more = 1;
    } else if (first >= 0xe0 && first <= 0xef) {
      more = 2;
      if (first == 0xe0) low = 0xa0;
      if (first == 0xed) high = 0x9f;
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3;
      if (first == 0xf0) low = 0x90;
      if (first == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (text.size() - i < more) return false;
    for (; more > 0; --more, low = 0x80, high = 0xbf) {
      const std::uint8_t next = text[i++];
      if (next < low || next > high) return false;
    }
  }
  return true;
}

}  // namespace linekeeper::transport
