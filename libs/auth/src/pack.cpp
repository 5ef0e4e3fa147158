#include "pack.hpp"

namespace linekeeper::auth {

Packer& Packer::number(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out_.push_back(static_cast<std::uint8_t>(value | 0x80));
  out_.push_back(static_cast<std::uint8_t>(value));
  return *this;
}

Packer& Packer::number_signed(std::int64_t value) {
  return number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

Packer& Packer::bytes(ByteView value) {
  number(value.size());
  append(out_, value);
  return *this;
}

std::uint64_t Unpacker::number() noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0; ok_ && !in_.empty() && shift < 64; shift += 7) {
    const std::uint8_t byte = in_.front();
    in_ = in_.subspan(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (!(byte & 0x80)) return value;
  }
  ok_ = false;
  return 0;
}

std::int64_t Unpacker::number_signed() noexcept {
  const std::uint64_t value = number();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

ByteView Unpacker::bytes() noexcept {
  const std::uint64_t size = number();
  if (!ok_ || size > in_.size()) {
    ok_ = false;
    return {};
  }
  const ByteView found = in_.first(static_cast<std::size_t>(size));
  in_ = in_.subspan(static_cast<std::size_t>(size));
  return found;
}

}  // namespace linekeeper::auth
