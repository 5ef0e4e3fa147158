#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/secret.hpp"
#include "linekeeper/session/changes.hpp"

namespace linekeeper::transport {

/// The stored fields that a conversation needs with every message, as this connection last saw or wrote them: sessions
/// and identities, device lists, address pairs, retry copies. A line is the only writer of its state while it holds its
/// lease, and a write that fails ends the connection and this with it; so what is in here is what is stored.
///
/// Bounded in bytes: when it is full it starts over. Emptied while the line idles. One thread; without I/O.
class FieldCache {
 public:
  static constexpr std::size_t kBytes = 48 << 10;

  /// What is known of these, absent fields left out; the names of the others go to `unknown`.
  Fetched known(const std::vector<std::string>& names, std::vector<std::string>& unknown) const;

  /// To be asked before a fetch, and given back with its answer: one that crosses a write is not remembered, it may be
  /// older.
  std::uint64_t version() const noexcept { return version_; }
  /// The answer to a fetch of these names.
  void found(const std::vector<std::string>& names, const Fetched& answer, std::uint64_t asked_at);
  /// A write begins, and ends well.
  void write(const Changes& changes);
  void written() noexcept;
  void clear() noexcept;

  std::size_t size() const noexcept { return bytes_; }

 private:
  static bool keeps(std::string_view field) noexcept;
  void put(const std::string& field, std::optional<SecretBytes> value);

  std::map<std::string, std::optional<SecretBytes>, std::less<>> fields_;  ///< Nothing: known to be absent.
  std::size_t bytes_ = 0;
  std::uint64_t version_ = 0;  ///< Counts beginnings and ends of writes.
  unsigned writing_ = 0;
};

}  // namespace linekeeper::transport
