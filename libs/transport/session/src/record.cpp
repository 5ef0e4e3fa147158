#include "record.hpp"

namespace linekeeper::transport {

RecordWriter& RecordWriter::number(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<std::uint8_t>(value | 0x80U));
    value >>= 7U;
  }
  out_.push_back(static_cast<std::uint8_t>(value));
  return *this;
}

RecordWriter& RecordWriter::bytes(ByteView value) {
  number(value.size());
  append(out_, value);
  return *this;
}

std::uint64_t RecordReader::number() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    const std::uint8_t byte = rest_[0];
    rest_ = rest_.subspan(1);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  fail();
  return 0;
}

ByteView RecordReader::bytes() {
  const std::uint64_t size = number();
  if (failed_ || size > rest_.size()) {
    fail();
    return {};
  }
  const ByteView value = rest_.first(static_cast<std::size_t>(size));
  rest_ = rest_.subspan(static_cast<std::size_t>(size));
  return value;
}

std::size_t RecordReader::count(std::size_t least) {
  const std::uint64_t n = number();
  if (failed_ || n > rest_.size() / (least == 0 ? 1 : least)) {
    fail();
    return 0;
  }
  return static_cast<std::size_t>(n);
}

Result<void> RecordReader::done(std::uint8_t known_version) const {
  if (version_ > known_version) return make_error_code(Errc::unsupported_version);
  if (failed_ || version_ == 0 || !rest_.empty()) return make_error_code(Errc::malformed_value);
  return ok();
}

}  // namespace linekeeper::transport
