#include <cstdlib>

#include "linekeeper/node/codec.hpp"

/// Whatever the decoder accepts has one canonical form: it can be encoded, and reads back as the same node.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linekeeper::transport;
  const auto node = decode({data, size});
  if (!node) return 0;
  const auto again = decode(encode(*node));
  if (!again || !(*again == *node)) std::abort();
  if (outline(*node).size() > 4096) std::abort();
  return 0;
}
