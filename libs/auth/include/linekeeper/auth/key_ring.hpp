#pragma once

#include <string>
#include <variant>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::auth {

/// The keys that seal what is stored. Immutable: after a change of the file, load a new one and pass it on.
class KeyRing {
 public:
  struct Key {
    std::string id;  ///< 1 to 32 of [A-Za-z0-9._-].
    SecretKey32 key;
  };

  /// Precondition: at least one key, ids distinct.
  explicit KeyRing(std::vector<Key> keys);

  /// Why a file was refused: one sentence with what to do. Never quotes a key.
  struct Refusal {
    std::string text;
  };

  /// From `id:base64` lines; blank lines and those that begin with # are skipped.
  static std::variant<KeyRing, Refusal> parse(std::string_view text);
  /// Reads the file; links are followed. Refuses one that is readable or writable by others.
  static std::variant<KeyRing, Refusal> load(const std::string& path);
  /// A shell line that makes a ring at `path` with one new random key.
  static std::string suggestion(const std::string& path);

  /// The first key, which seals.
  const Key& first() const noexcept { return keys_.front(); }
  /// Null if the ring does not hold it.
  const Key* find(std::string_view id) const noexcept;

 private:
  std::vector<Key> keys_;
};

}  // namespace linekeeper::auth
