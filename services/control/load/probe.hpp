#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace linekeeper::control {

/// Where a control room answers, and how many lines it knows.
struct Target {
  std::string grpc;
  std::string host;
  std::string port;
  std::size_t sessions = 0;
};

/// Asks the calls of a dashboard over gRPC and HTTP, by one caller and by sixteen, for `length` each, and prints a line
/// of JSON for each: call, way, callers, answers a second, p50 and p99 in milliseconds. Returns what went wrong, or
/// nothing.
std::string probe(const Target& target, std::chrono::seconds length);

}  // namespace linekeeper::control
