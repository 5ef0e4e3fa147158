#include "hooks/verdict.hpp"

#include "hooks/instant.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::control {

Verdict verdict_of(const Result<http::Response>& answer, std::chrono::system_clock::time_point now) {
  using Failure = DeliveryQueue::Failure;
  Verdict verdict;
  if (!answer) {
    verdict.failure = answer.error() == Errc::too_large ? Failure::refused : Failure::away;
    verdict.detail = answer.error().message();
    return verdict;
  }
  const unsigned status = answer->status;
  verdict.detail = std::to_string(status);
  if (status >= 200 && status < 300) return verdict;
  const bool away = status >= 500 || status == 408 || status == 425 || status == 429;
  verdict.failure = away ? Failure::away : Failure::refused;
  if (status >= 300 && status < 400) verdict.detail += ", redirects are not followed";
  if (const auto after = answer->header("Retry-After")) verdict.retry_after = retry_after_of(*after, now);
  return verdict;
}

}  // namespace linekeeper::control
