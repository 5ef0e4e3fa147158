#include "hooks/verdict.hpp"

#include <gtest/gtest.h>

#include "hooks/instant.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;
using Failure = DeliveryQueue::Failure;

const auto kNow = *instant_of("2026-01-31T12:00:00Z");

Verdict of(unsigned status, net::Headers headers = {}) {
  http::Response response;
  response.status = status;
  response.headers = std::move(headers);
  return verdict_of(response, kNow);
}

TEST(VerdictTest, StatusesMeanDeliveredRefusedOrAway) {
  for (const unsigned status : {200U, 201U, 202U, 204U, 299U})
    EXPECT_FALSE(of(status).failure) << status;
  for (const unsigned status : {301U, 302U, 307U, 304U, 400U, 401U, 403U, 404U, 410U, 413U, 422U})
    EXPECT_EQ(of(status).failure, Failure::refused) << status;
  for (const unsigned status : {408U, 425U, 429U, 500U, 502U, 503U, 504U, 599U})
    EXPECT_EQ(of(status).failure, Failure::away) << status;
  EXPECT_EQ(of(302).detail, "302, redirects are not followed");
}

TEST(VerdictTest, WithoutAnAnswerTheEndpointIsAway) {
  for (const Errc error : {Errc::connect_refused, Errc::tls_failed, Errc::timed_out, Errc::connection_lost,
                           Errc::not_found, Errc::malformed_frame})
    EXPECT_EQ(verdict_of(Result<http::Response>(error), kNow).failure, Failure::away)
        << make_error_code(error).message();
  EXPECT_EQ(verdict_of(Result<http::Response>(Errc::too_large), kNow).failure, Failure::refused);
}

TEST(VerdictTest, RetryAfterIsSecondsOrADate) {
  EXPECT_EQ(of(503, {{"retry-after", "120"}}).retry_after, 120s);
  EXPECT_EQ(of(429, {{"Retry-After", "Sat, 31 Jan 2026 12:01:30 GMT"}}).retry_after, 90s);
  EXPECT_EQ(of(429, {{"Retry-After", "Sat, 31 Jan 2026 11:00:00 GMT"}}).retry_after, 0s) << "has passed";
  for (const char* bad : {"", "soon", "-1", "1.5", "12h", "99999999999999999999"})
    EXPECT_EQ(of(503, {{"Retry-After", bad}}).retry_after, std::nullopt) << bad;
  EXPECT_EQ(of(503).retry_after, std::nullopt);
}

}  // namespace
}  // namespace linekeeper::control
