#pragma once

#include <string>
#include <vector>

#include "client.hpp"
#include "linekeeper/settings/values.hpp"
#include "print.hpp"

namespace linekeeper::lkctl {

/// What was looked at, and what to do about it.
struct Finding {
  enum class Grade { good, warning, bad };
  Grade grade = Grade::good;
  std::string what;  ///< The thing: "Redis", "topics".
  std::string says;  ///< What was found, and how to mend it.
};

/// Looks at what a fleet stands on, from here: Kafka's topics, Redis, the clock, the key ring, the control room.
/// `values` are the settings of linekeeper-control. Blocks for up to half a minute.
std::vector<Finding> examine(const settings::Values& values, Client& client);

/// Prints them; 1 if any is bad.
int report(const std::vector<Finding>& findings, Output output);

}  // namespace linekeeper::lkctl
