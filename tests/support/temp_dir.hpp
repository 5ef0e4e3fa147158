#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace linekeeper::test {

/// A folder of its own, removed with everything in it when the object dies.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Writes a file into it, readable by the owner only; returns its path.
  std::string write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace linekeeper::test
