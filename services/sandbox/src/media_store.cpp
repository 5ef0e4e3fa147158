#include "media_store.hpp"

#include <algorithm>

#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::sandbox {

namespace {

std::string name_of(const Key32& sha256) {
  return std::string(as_text(sha256));
}

}  // namespace

MediaStore::Put MediaStore::put(const Key32& sha256, std::string body) {
  const std::string name = name_of(sha256);
  if (blobs_.contains(name)) return Put::known;
  if (crypto::sha256(as_bytes(body)) != sha256) return Put::wrong_hash;
  if (body.size() > limit_ - std::min(limit_, bytes_)) return Put::full;
  bytes_ += body.size();
  blobs_.emplace(name, std::make_shared<const std::string>(std::move(body)));
  return Put::stored;
}

std::shared_ptr<const std::string> MediaStore::get(const Key32& sha256) const {
  const auto at = blobs_.find(name_of(sha256));
  return at == blobs_.end() ? nullptr : at->second;
}

bool MediaStore::remove(const Key32& sha256) {
  const auto at = blobs_.find(name_of(sha256));
  if (at == blobs_.end()) return false;
  bytes_ -= at->second->size();
  blobs_.erase(at);
  return true;
}

void MediaStore::clear() {
  blobs_.clear();
  bytes_ = 0;
}

}  // namespace linekeeper::sandbox
