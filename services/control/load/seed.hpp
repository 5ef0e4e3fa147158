#pragma once

#include <cstddef>
#include <string>

namespace linekeeper::control {

/// The name of the n-th line of a fleet that is not there: `shop-00042`.
std::string line_name(std::size_t number);

/// Writes that many connected lines with sealed credentials into the store, each under a lease of an hour, so that they
/// look like a fleet at work. Returns what went wrong, or nothing.
std::string seed(const std::string& redis_url, const std::string& key_ring, std::size_t count);

}  // namespace linekeeper::control
