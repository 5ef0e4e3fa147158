#include "refusal.hpp"

#include <utility>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::kafka {
namespace {

/// "sasl_ssl://host:9093/bootstrap: SASL authentication error: … (after 5ms in state AUTH_REQ, …)"
std::string essence(std::string_view reason) {
  if (const auto scheme = reason.find("://"); scheme != std::string_view::npos) {
    const auto end = reason.find(": ", scheme);
    if (end != std::string_view::npos) reason.remove_prefix(end + 2);
  }
  if (const auto tail = reason.find(" (after "); tail != std::string_view::npos) reason = reason.substr(0, tail);
  while (reason.ends_with(':') || reason.ends_with(' '))
    reason.remove_suffix(1);
  return reason.empty() ? std::string() : " (" + std::string(reason) + ")";
}

}  // namespace

std::optional<Problem> refusal(rd_kafka_resp_err_t error, std::string_view reason, std::string_view of) {
  const auto told = [&](std::string text) { return Problem{Errc::kafka_refused, std::move(text)}; };
  const auto denied = [&](const char* otherwise) {
    return told("Kafka denies us a right on " + std::string(of.empty() ? std::string_view(otherwise) : of) +
                ": an operator of Kafka grants it by an ACL for this user");
  };
  switch (error) {
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE:
      return told("Kafka refuses our login: check sasl.mechanism, sasl.username and sasl.password" + essence(reason));
    case RD_KAFKA_RESP_ERR__SSL:
      return told("no TLS with Kafka: check ssl.ca.location, the name in kafka-brokers and our own certificate" +
                  essence(reason));
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return denied("a topic");
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: return denied("our consumer group");
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return denied("the cluster, or to write to any topic");
    case RD_KAFKA_RESP_ERR__TRANSPORT:
      // The broker's last word on a certificate that it does not take, or misses.
      if (reason.find("SSL alert") != std::string_view::npos) return refusal(RD_KAFKA_RESP_ERR__SSL, reason, of);
      // Its guess when a listener with TLS or SASL hangs up on plain text.
      if (reason.find("security.protocol") == std::string_view::npos) return std::nullopt;
      return told("Kafka hangs up at once: security.protocol does not fit the port in kafka-brokers");
    default: return std::nullopt;
  }
}

void LastRefusal::take(rd_kafka_resp_err_t error, const char* reason) {
  const std::string_view words = reason == nullptr ? "" : reason;
  auto problem = refusal(error, words);
  const std::scoped_lock lock(mutex_);
  if (problem) {
    problem_ = std::move(problem);
    guessed_ = error == RD_KAFKA_RESP_ERR__TRANSPORT;
  } else if (guessed_ && error == RD_KAFKA_RESP_ERR__TRANSPORT && words.find("Connect to ") != std::string_view::npos) {
    // Nobody listens: whoever hung up on us was ending, not refusing.
    problem_.reset();
    guessed_ = false;
  }
}

void LastRefusal::forget() {
  const std::scoped_lock lock(mutex_);
  problem_.reset();
  guessed_ = false;
}

bool LastRefusal::known() const {
  const std::scoped_lock lock(mutex_);
  return problem_.has_value();
}

Problem LastRefusal::or_else(Problem otherwise) const {
  const std::scoped_lock lock(mutex_);
  return problem_.value_or(std::move(otherwise));
}

}  // namespace linekeeper::kafka
