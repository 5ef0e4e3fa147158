#pragma once

#include <functional>
#include <string>
#include <vector>

#include "linekeeper/lifecycle/lifecycle.hpp"

namespace linekeeper::lifecycle {

/// Somewhere a line can be: its status, and what the status alone does not say.
struct Situation {
  std::string name;
  Stored stored;                                     ///< What the holder finds.
  std::vector<std::function<void(Lifecycle&)>> way;  ///< What happens then.
};

/// Something that can happen to it.
struct Input {
  std::string name;
  std::function<Actions(Lifecycle&)> happens;
};

inline constexpr Time kPageTime{std::chrono::milliseconds(1'800'000'000'000)};

/// Every status, twice where credentials or an open connection make a difference.
std::vector<Situation> situations();
/// A machine in that situation.
Lifecycle in(const Situation& situation, Lifecycle::Settings settings = {});

std::vector<Input> commands();
std::vector<Input> steps();
/// Every signal, as it comes from the wire.
std::vector<Input> signals();
Ending ending_for(Signal signal);
std::string_view words(Signal signal) noexcept;

/// The last one; they are counted from zero.
inline constexpr Signal kLastSignal = Signal::store_failed;

}  // namespace linekeeper::lifecycle
