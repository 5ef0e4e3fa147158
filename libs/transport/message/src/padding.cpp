#include "linekeeper/message/padding.hpp"

#include <algorithm>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"

namespace linekeeper::transport::message {

void pad(Bytes& plaintext, std::uint8_t n) {
  plaintext.insert(plaintext.end(), n, n);
}

void pad(Bytes& plaintext) {
  pad(plaintext, static_cast<std::uint8_t>(1 + crypto::random_below(15)));
}

Result<ByteView> unpad(ByteView padded) {
  if (padded.empty()) return Errc::malformed_message;
  const std::uint8_t n = padded.back();
  if (n == 0 || n > padded.size()) return Errc::malformed_message;
  const ByteView padding = padded.last(n);
  if (!std::all_of(padding.begin(), padding.end(), [n](std::uint8_t b) { return b == n; }))
    return Errc::malformed_message;
  return padded.first(padded.size() - n);
}

}  // namespace linekeeper::transport::message
