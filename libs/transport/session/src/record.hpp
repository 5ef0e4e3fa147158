#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::transport {

/// Writes a stored value: a version byte, then numbers (LEB128) and byte strings (length first).
class RecordWriter {
 public:
  explicit RecordWriter(std::uint8_t version) { out_.push_back(version); }
  RecordWriter& number(std::uint64_t value);
  RecordWriter& bytes(ByteView value);
  RecordWriter& text(std::string_view value) { return bytes(as_bytes(value)); }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

/// Reads it back. After the first fault every read gives zero or nothing; ask `done()` at the end.
class RecordReader {
 public:
  explicit RecordReader(ByteView value) : rest_(value) {
    if (rest_.empty()) {
      fail();
      return;
    }
    version_ = rest_[0];
    rest_ = rest_.subspan(1);
  }
  std::uint8_t version() const noexcept { return version_; }
  std::uint64_t number();
  ByteView bytes();
  std::string text() { return to_text(bytes()); }
  /// A count of items that take at least `least` bytes each: bounded by what is left.
  std::size_t count(std::size_t least);

  bool failed() const noexcept { return failed_; }
  /// Errors: `unsupported_version` if a newer version wrote this, `malformed_value` if it is not of our form or bytes
  /// are left over.
  Result<void> done(std::uint8_t known_version) const;

 private:
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }
  ByteView rest_;
  std::uint8_t version_ = 0;
  bool failed_ = false;
};

}  // namespace linekeeper::transport
