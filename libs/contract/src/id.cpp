#include "linekeeper/contract/id.hpp"

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/node/utf8.hpp"

namespace linekeeper::contract {

bool is_valid_id(std::string_view text) noexcept {
  if (text.empty() || text.size() > kMostId || !transport::is_utf8(as_bytes(text))) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return false;
    // The second block of control characters, U+0080 to U+009F.
    if (byte == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}

}  // namespace linekeeper::contract
