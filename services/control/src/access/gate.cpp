#include "access/gate.hpp"

#include <algorithm>
#include <cctype>

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kMostFailures = 10;
constexpr auto kFailureWindow = 1min;
constexpr std::size_t kMostAddresses = 10'000;

/// The token of `Bearer <token>`; empty if it is anything else.
std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  for (std::size_t i = 0; i < kScheme.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(authorization[i])) != kScheme[i]) return {};
  return authorization.substr(kScheme.size());
}

}  // namespace

Answer<Caller> Gate::identify(const Presented& presented, Time now, std::chrono::system_clock::time_point wall) {
  if (open_to_all()) {
    Caller local;
    local.name = "local";
    local.roles = *roles_of("admin");
    return local;
  }
  if (blocked(presented.remote, now)) return Failure(v1::TOO_MANY_FAILURES);
  if (!presented.authorization.empty()) {
    const std::string_view token = bearer_of(presented.authorization);
    if (token.empty()) return refuse(presented.remote, now, "bearer_expected");
    if (rules_.list) {
      if (auto caller = rules_.list->by_token(token)) return std::move(*caller);
    }
    if (rules_.keys) {
      auto verified = rules_.keys->verify(token, rules_.expected, wall);
      if (auto* caller = std::get_if<Caller>(&verified)) return std::move(*caller);
      return refuse(presented.remote, now, std::get<std::string>(verified));
    }
    return refuse(presented.remote, now, "unknown_token");
  }
  if (!presented.certificate.empty() && rules_.list) {
    if (auto caller = rules_.list->by_certificate(presented.certificate)) return std::move(*caller);
    return refuse(presented.remote, now, "unknown_certificate");
  }
  // Who brings nothing guesses nothing: a browser's first request must not lock its user out.
  return Failure(v1::UNAUTHENTICATED, "no_credentials");
}

bool Gate::blocked(const std::string& remote, Time now) const {
  const auto found = failures_.find(remote);
  return found != failures_.end() && found->second.count >= kMostFailures && now - found->second.since < kFailureWindow;
}

Failure Gate::refuse(const std::string& remote, Time now, std::string detail) {
  if (failures_.size() >= kMostAddresses)
    std::erase_if(failures_, [&](const auto& entry) { return now - entry.second.since >= kFailureWindow; });
  // Too many at once to remember: the oldest count for nothing rather than the memory for all.
  if (failures_.size() >= kMostAddresses) failures_.clear();
  Failures& failures = failures_[remote];
  if (failures.count == 0 || now - failures.since >= kFailureWindow) failures = {now, 0};
  ++failures.count;
  return Failure(v1::UNAUTHENTICATED, std::move(detail));
}

}  // namespace linekeeper::control
