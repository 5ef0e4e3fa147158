#pragma once

#include <utility>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper {

/// Overwrites memory in a way the optimiser may not remove.
inline void wipe(std::span<std::uint8_t> bytes) noexcept {
  volatile std::uint8_t* p = bytes.data();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    p[i] = 0;
}

/// A value that must not be printed: it has no formatter, no stream operator and wipes itself.
/// `T` is a contiguous container of bytes or characters. Moved-from secrets are empty or stale: do not use them.
template <typename T>
class Secret {
 public:
  Secret() = default;
  explicit Secret(T value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      clear();
      value_ = other.value_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      clear();
      value_ = std::move(other.value_);
    }
    return *this;
  }
  ~Secret() { clear(); }

  /// The one door to the value, easy to grep for.
  const T& reveal() const noexcept { return value_; }
  T& reveal() noexcept { return value_; }

  friend bool operator==(const Secret& a, const Secret& b) noexcept { return equal_constant_time(a.view(), b.view()); }

 private:
  ByteView view() const noexcept { return {reinterpret_cast<const std::uint8_t*>(value_.data()), value_.size()}; }
  void clear() noexcept { wipe({reinterpret_cast<std::uint8_t*>(value_.data()), value_.size()}); }

  T value_{};
};

using SecretKey32 = Secret<Key32>;
using SecretBytes = Secret<Bytes>;

}  // namespace linekeeper
