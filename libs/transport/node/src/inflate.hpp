#pragma once

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::transport {

/// A whole zlib stream that ends exactly with `packed` and gives at most `most` bytes. Error: `malformed_node`.
Result<Bytes> inflate(ByteView packed, std::size_t most);

}  // namespace linekeeper::transport
