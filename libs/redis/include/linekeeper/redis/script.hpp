#pragma once

#include <string>
#include <string_view>

namespace linekeeper::redis {

/// A Lua script and the digest by which Redis caches it. Make it once and keep it.
class Script {
 public:
  explicit Script(std::string text);

  const std::string& text() const noexcept { return text_; }
  /// Lower-case hex of the text's SHA-1.
  const std::string& sha1() const noexcept { return sha1_; }

 private:
  std::string text_;
  std::string sha1_;
};

}  // namespace linekeeper::redis
