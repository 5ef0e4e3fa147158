#pragma once

#include <chrono>

#include "linekeeper/lifecycle/signal.hpp"
#include "linekeeper/v1/error.pb.h"
#include "linekeeper/v1/event.pb.h"

namespace linekeeper::lifecycle {

/// What happens to the stored credentials.
enum class Credentials {
  keep,
  archive,  ///< Sealed for 24 h, then gone; the line starts fresh.
  discard,  ///< Keys of a registration that never became a device.
};

/// When the next attempt is made.
enum class Retry {
  never,       ///< Until a command. Nothing is scheduled.
  at_once,     ///< A few times in a row, then like `backoff`.
  backoff,     ///< Full jitter, doubling.
  after_wait,  ///< Once, after the time that came with the signal.
};

/// The answer to a signal: the one table that decides. Facts: the codes that all known clients agree on, and for each
/// the reaction that loses nothing and never hammers a server that said no.
struct Reaction {
  v1::LineStatus status;
  v1::ErrorCode code;
  Credentials credentials = Credentials::keep;
  Retry retry = Retry::never;
  std::chrono::milliseconds at_least{0};  ///< Backoff starts no lower than this.
  unsigned attempts = 0;                  ///< After so many in a row the line stops; 0 means never.
};

/// The reaction for a line that has credentials (`registered`) or is being paired.
Reaction reaction_to(Signal signal, bool registered) noexcept;

}  // namespace linekeeper::lifecycle
