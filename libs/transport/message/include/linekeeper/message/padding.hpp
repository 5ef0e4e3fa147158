#pragma once

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::transport::message {

/// Appends `n` bytes of value `n`: what every plaintext carries before it is encrypted, so that its length says less.
/// Precondition: `1 <= n <= 16`.
void pad(Bytes& plaintext, std::uint8_t n);

/// The same with a random 1 to 15, as most clients send.
void pad(Bytes& plaintext);

/// The plaintext without padding, as a part of `padded`. Any padding of 1 to all bytes is accepted if every byte of it
/// agrees. Error: `malformed_message`.
Result<ByteView> unpad(ByteView padded);

}  // namespace linekeeper::transport::message
