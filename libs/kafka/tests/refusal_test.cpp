#include "refusal.hpp"

#include <gmock/gmock.h>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::kafka {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(RefusalTest, NamesWhatTheBrokerRefusesAndWhatToCheck) {
  const auto login = refusal(RD_KAFKA_RESP_ERR__AUTHENTICATION,
                             "sasl_ssl://127.0.0.1:9093/bootstrap: SASL authentication error: Authentication failed: "
                             "Invalid username or password (after 7ms in state AUTH_REQ, 4 identical error(s) "
                             "suppressed)");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->code, Errc::kafka_refused);
  EXPECT_EQ(login->what,
            "Kafka refuses our login: check sasl.mechanism, sasl.username and sasl.password (SASL authentication "
            "error: Authentication failed: Invalid username or password)");
  const auto trust =
      refusal(RD_KAFKA_RESP_ERR__SSL, "ssl://h:1/bootstrap: SSL handshake failed: certificate verify failed");
  ASSERT_TRUE(trust);
  EXPECT_THAT(trust->what, AllOf(HasSubstr("ssl.ca.location"), HasSubstr("certificate verify failed")));
  const auto missing = refusal(RD_KAFKA_RESP_ERR__TRANSPORT,
                               "ssl://h:1/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert bad "
                               "certificate: SSL alert number 42 (after 0ms in state APIVERSION_QUERY)");
  ASSERT_TRUE(missing);
  EXPECT_THAT(missing->what, AllOf(HasSubstr("our own certificate"), HasSubstr("bad certificate")));
  const auto right = refusal(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, {}, "topic orders");
  ASSERT_TRUE(right);
  EXPECT_THAT(right->what, AllOf(HasSubstr("topic orders"), HasSubstr("ACL")));
}

TEST(RefusalTest, AnOutageIsNone) {
  EXPECT_FALSE(refusal(RD_KAFKA_RESP_ERR__TRANSPORT, "ssl://h:1/1: Connect to ipv4#127.0.0.1:1 failed: refused"));
  EXPECT_FALSE(refusal(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down"));
  EXPECT_FALSE(refusal(RD_KAFKA_RESP_ERR__TIMED_OUT, {}));
}

TEST(RefusalTest, TheLastOneHoldsUntilABrokerHasAnswered) {
  const Problem outage{Errc::kafka_unavailable, "no broker answers"};
  LastRefusal last;
  EXPECT_EQ(last.or_else(outage).what, outage.what);
  last.take(RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error: no");
  last.take(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down");
  EXPECT_THAT(last.or_else(outage).what, AllOf(HasSubstr("login"), Not(HasSubstr("no broker answers"))));
  last.forget();
  EXPECT_EQ(last.or_else(outage).what, outage.what);
}

TEST(RefusalTest, ABrokerThatHangsUpAndIsGoneIsAnOutage) {
  const Problem outage{Errc::kafka_unavailable, "no broker answers"};
  LastRefusal last;
  last.take(
      RD_KAFKA_RESP_ERR__TRANSPORT,
      "h:1/1: Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol configuration");
  EXPECT_EQ(last.or_else(outage).code, Errc::kafka_refused);
  last.take(RD_KAFKA_RESP_ERR__TRANSPORT, "h:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused");
  EXPECT_EQ(last.or_else(outage).code, Errc::kafka_unavailable);
  // What a broker said itself stands, though another one is away.
  last.take(RD_KAFKA_RESP_ERR__AUTHENTICATION, "SASL authentication error: no");
  last.take(RD_KAFKA_RESP_ERR__TRANSPORT, "h:1/1: Connect to ipv4#127.0.0.1:1 failed: Connection refused");
  EXPECT_EQ(last.or_else(outage).code, Errc::kafka_refused);
}

}  // namespace
}  // namespace linekeeper::kafka
