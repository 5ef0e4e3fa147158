#pragma once

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport {

/// A compressed stanza may not grow beyond this many bytes.
inline constexpr std::size_t kMaxInflated = 16U << 20U;
/// Nodes inside nodes; real stanzas stay below 20.
inline constexpr std::size_t kMaxDepth = 128;
/// Nodes and attributes of one stanza together. A few bytes on the wire become a hundred in memory each, so a small
/// compressed stanza could otherwise claim hundreds of megabytes.
inline constexpr std::size_t kMaxItems = 1U << 18U;

/// The plaintext of one frame: a flag byte (0: not compressed) and the binary form of the node, dictionary version 3.
/// One allocation in the usual case. Throws `std::invalid_argument` on what no wire form exists for: more than 65,535
/// children or 32,767 attributes, content of 4 GiB, an empty tag or key, a device above 255 outside `msgr` and
/// `interop`. What `decode()` returned can always be encoded.
Bytes encode(const Node& node);

/// The same, appended: lets a caller leave room in front for a header.
void encode_to(Bytes& out, const Node& node);

/// Reads what `encode()` of any peer writes: compressed or not, canonical or not. Refuses everything that is not
/// exactly one well-formed node. Error: `malformed_node`.
Result<Node> decode(ByteView plaintext);

}  // namespace linekeeper::transport
