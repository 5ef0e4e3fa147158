#pragma once

#ifdef LINEKEEPER_TEST_HOOKS
#include <csignal>
#include <cstdlib>
#include <string_view>
#endif

namespace linekeeper::worker {

/// Where the kill tests let the process die without a word, as if the machine had lost power: the step named by
/// LINEKEEPER_CRASH_AT. Does nothing, and is nothing, in a build without test hooks.
inline void crash_point([[maybe_unused]] const char* step) {
#ifdef LINEKEEPER_TEST_HOOKS
  static const char* const wanted = std::getenv("LINEKEEPER_CRASH_AT");
  if (wanted != nullptr && std::string_view(wanted) == step) std::raise(SIGKILL);
#endif
}

}  // namespace linekeeper::worker
