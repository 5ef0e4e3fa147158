#pragma once

#include <cstdint>
#include <deque>

namespace linekeeper::sandbox {

/// One time that a device was connected, from its login to the end of that connection as the server saw it. Unix
/// milliseconds.
struct Stay {
  std::int64_t from_ms = 0;
  std::int64_t active_ms = 0;  ///< It listens from here on; 0 if it never did.
  std::int64_t until_ms = 0;   ///< 0 while it lasts.
  bool replaced = false;       ///< Ended by a second login with the same credentials.
};

/// The last connections of one device, oldest first: who was connected when, and how long nobody was.
class Stays {
 public:
  void begin(std::int64_t now_ms) {
    stays_.push_back({now_ms});
    if (stays_.size() > kMost) stays_.pop_front();
  }
  void listens(std::int64_t now_ms) noexcept {
    if (!stays_.empty() && stays_.back().active_ms == 0) stays_.back().active_ms = now_ms;
  }
  void end(std::int64_t now_ms, bool replaced) noexcept {
    if (stays_.empty() || stays_.back().until_ms != 0) return;
    stays_.back().until_ms = now_ms;
    stays_.back().replaced = replaced;
  }
  const std::deque<Stay>& all() const noexcept { return stays_; }

 private:
  static constexpr std::size_t kMost = 16;
  std::deque<Stay> stays_;
};

}  // namespace linekeeper::sandbox
