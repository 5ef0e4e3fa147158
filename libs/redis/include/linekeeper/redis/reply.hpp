#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "linekeeper/base/result.hpp"

namespace linekeeper::redis {

/// What Redis answered to one command: a plain value that owns its memory. Strings are bytes, not text.
class Reply {
 public:
  struct Nil {
    friend bool operator==(Nil, Nil) = default;
  };
  struct Error {
    std::string text;  ///< Redis' own words; may quote keys, so it is for debug logs only.
    friend bool operator==(const Error&, const Error&) = default;
  };
  using Array = std::vector<Reply>;
  using Value = std::variant<Nil, std::int64_t, std::string, Array, Error>;

  Reply() = default;  ///< Nil.
  explicit Reply(Value value) noexcept : value_(std::move(value)) {}

  bool is_nil() const noexcept { return std::holds_alternative<Nil>(value_); }
  bool is_error() const noexcept { return std::holds_alternative<Error>(value_); }
  /// An integer, or a string that is exactly one.
  std::optional<std::int64_t> integer() const noexcept;
  /// A bulk string or a status line; valid as long as this reply.
  std::optional<std::string_view> string() const noexcept;
  /// Null if it is none.
  const Array* array() const noexcept { return std::get_if<Array>(&value_); }
  Array* array() noexcept { return std::get_if<Array>(&value_); }
  /// The element, or a nil reply if this is no array or it is too short: readers check the type they expect anyway.
  const Reply& at(std::size_t index) const noexcept;
  /// Empty unless `is_error`.
  std::string_view error_text() const noexcept;

  friend bool operator==(const Reply&, const Reply&) = default;

 private:
  Value value_;
};

/// What an error reply means to us: `store_full` (OOM), `store_unavailable` (loading, read-only replica, busy script:
/// it may pass), otherwise `store_refused`. No error for any other reply.
error_code error_of(const Reply& reply) noexcept;

}  // namespace linekeeper::redis
