#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::auth {

/// Writes compact values: integers as LEB128, bytes with their length before them.
class Packer {
 public:
  Packer& number(std::uint64_t value);
  Packer& number_signed(std::int64_t value);  ///< Zigzag.
  Packer& bytes(ByteView value);
  Packer& text(std::string_view value) { return bytes(as_bytes(value)); }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

/// Reads them again. After the first thing that does not fit, everything is zero or empty and `ok` is false.
class Unpacker {
 public:
  explicit Unpacker(ByteView in) noexcept : in_(in) {}
  std::uint64_t number() noexcept;
  std::int64_t number_signed() noexcept;
  ByteView bytes() noexcept;  ///< Valid as long as the input.
  std::string text() { return to_text(bytes()); }
  ByteView rest() const noexcept { return in_; }  ///< What was not read yet.
  bool ok() const noexcept { return ok_; }
  /// Everything fitted and nothing is left.
  bool done() const noexcept { return ok_ && in_.empty(); }

 private:
  ByteView in_;
  bool ok_ = true;
};

}  // namespace linekeeper::auth
