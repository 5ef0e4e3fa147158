#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::sandbox {

/// Uploaded ciphertexts, each named by its SHA-256, so that an upload repeated costs nothing.
class MediaStore {
 public:
  explicit MediaStore(std::size_t limit) noexcept : limit_(limit) {}

  enum class Put { stored, known, wrong_hash, full };
  Put put(const Key32& sha256, std::string body);
  /// Null if there is no such blob.
  std::shared_ptr<const std::string> get(const Key32& sha256) const;
  bool remove(const Key32& sha256);
  void clear();

  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t count() const noexcept { return blobs_.size(); }

 private:
  std::size_t limit_;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> blobs_;
};

}  // namespace linekeeper::sandbox
