#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace linekeeper::sandbox {

struct Account;

/// Who sent which message lately: a retry receipt must find the one device that can answer it.
class SentIndex {
 public:
  struct Sender {
    Account* account = nullptr;
    std::uint16_t device = 0;
  };

  explicit SentIndex(std::size_t limit = 100'000) noexcept : limit_(limit) {}

  /// True if this device used this id for a message before.
  bool note(const std::string& id, Sender sender);
  /// Nothing (a null account) if it is unknown or too long ago.
  Sender find(const std::string& id) const;

 private:
  std::size_t limit_;
  std::unordered_map<std::string, Sender> senders_;
  std::deque<std::string> order_;
};

}  // namespace linekeeper::sandbox
