#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::transport::signal {

/// Up to 32 one-time prekeys with neighbouring ids, stored as one field: hundreds of fields of 32 bytes each would cost
/// the store four times as much, one field of all would be rewritten with every new session.
///
/// Encoded: version 1, first id (3 bytes), a bitmap of the keys still there (4 bytes), then their private halves in
/// order. A key that was taken is gone from the bytes. The public halves are computed when needed.
class PrekeyBlock {
 public:
  static constexpr std::size_t kKeys = 32;

  /// The block that holds `id`, from 0; ids 1 … 32 are block 0.
  static constexpr std::uint32_t number_of(std::uint32_t id) noexcept { return (id - 1) / kKeys; }

  /// An empty block.
  explicit PrekeyBlock(std::uint32_t number) : number_(number) {}

  /// Errors: `malformed_value`, `unsupported_version`.
  static Result<PrekeyBlock> parse(ByteView stored);
  Bytes encode() const;

  std::uint32_t number() const noexcept { return number_; }
  std::uint32_t first_id() const noexcept { return number_ * kKeys + 1; }
  bool empty() const noexcept { return size() == 0; }
  std::size_t size() const noexcept;

  /// Null if the key was taken, never existed, or belongs to another block.
  const SecretKey32* find(std::uint32_t id) const noexcept;
  /// Replaces a key of the same id. Errors: `invalid_argument` if the id belongs to another block.
  Result<void> put(std::uint32_t id, SecretKey32 priv);
  /// Whether there was such a key.
  bool erase(std::uint32_t id) noexcept;

 private:
  std::optional<std::size_t> slot(std::uint32_t id) const noexcept;

  std::uint32_t number_;
  std::array<std::optional<SecretKey32>, kKeys> keys_;
};

}  // namespace linekeeper::transport::signal
