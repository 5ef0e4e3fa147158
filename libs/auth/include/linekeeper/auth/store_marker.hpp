#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/redis/connection.hpp"

namespace linekeeper::auth {

/// What to make of the store at start or after a reconnect.
enum class StoreVerdict {
  known,             ///< Go on.
  new_installation,  ///< Write the marker if it is absent, then go on; nobody waits.
  lost,              ///< STATE_LOST: nothing connects and nothing is wiped until an operator accepts.
};

struct StoreEvidence {
  bool marker_present = false;
  bool marker_seen_before = false;  ///< By this process, earlier.
  bool committed_offsets = false;   ///< The consumer group has some.
};
StoreVerdict judge_store(const StoreEvidence& evidence) noexcept;

/// What the marker says.
struct StoreState {
  std::string id;                          ///< Of this installation, made once.
  std::string run_id;                      ///< Of the present server.
  std::chrono::microseconds known_for{0};  ///< How long the marker has known this run id; huge on a new installation.
  SecretKey32 number_key;                  ///< For `number_tag`.
};

/// The store's marker in Redis. Threads: the connection's.
class StoreMarker {
 public:
  StoreMarker(redis::Connection& connection, std::shared_ptr<const KeyRing> ring);

  /// Reads it and notes the present server's run id in it. Nothing if there is none.
  /// Errors: those of `Connection`; `unknown_key`, `decrypt_failed`, `unsupported_version`, `malformed_value`.
  awaitable<Result<std::optional<StoreState>>> read();
  /// Writes it if it is absent; either way what then stands. Also what `store accept` does.
  awaitable<Result<StoreState>> create();
  /// Seals its secret anew under the ring's first key, if it is under another.
  awaitable<Result<void>> reseal();

 private:
  awaitable<Result<std::optional<StoreState>>> run(std::string id, Bytes sealed_number_key);

  redis::Connection& connection_;
  std::shared_ptr<const KeyRing> ring_;
};

}  // namespace linekeeper::auth
