#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/auth/commit.hpp"
#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/auth/ledger_record.hpp"
#include "linekeeper/auth/line_head.hpp"
#include "linekeeper/redis/connection.hpp"

namespace linekeeper::auth {

/// One line as somebody sees it who does not hold it.
struct LineGlance {
  std::string session;
  bool known = false;  ///< In the index, or something is stored.
  LineHead head;
  std::string holder;  ///< Of the live lease, as its worker named itself; empty: nobody.
};

/// Reads what others hold: no lease, no write, no promise that it stays so. Threads: the connection's, which outlives
/// it.
class LineReader {
 public:
  /// Without a ring sealed values are left out or end as `unknown_key`.
  LineReader(redis::Connection& connection, std::shared_ptr<const KeyRing> ring);

  void use(std::shared_ptr<const KeyRing> ring) { ring_ = std::move(ring); }
  bool opens_sealed() const noexcept { return ring_ != nullptr; }

  /// Every session of the store, sorted; one round trip. Errors: those of `Connection`, `malformed_value`.
  awaitable<Result<std::vector<std::string>>> sessions();

  /// In the order asked for, in one round trip. Errors as above.
  awaitable<Result<std::vector<LineGlance>>> glance(std::vector<std::string> sessions);

  /// One sealed field of each line; nothing where there is none, or it does not open. In the order given.
  /// Errors: those of `Connection`.
  awaitable<Result<std::vector<std::optional<Bytes>>>> field(const std::vector<LineGlance>& lines, std::string name);

  /// What the ledger keeps of a command; nothing if nothing. Errors: those of `Connection`; `unknown_key`,
  /// `decrypt_failed`, `unsupported_version`, `malformed_value`.
  awaitable<Result<std::optional<LedgerRecord>>> command(std::string session, std::string command_id);

 private:
  redis::Connection& connection_;
  std::shared_ptr<const KeyRing> ring_;
};

}  // namespace linekeeper::auth
