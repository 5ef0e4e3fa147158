#include "access/gate.hpp"

#include <gtest/gtest.h>

#include "access/permission.hpp"
#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

const Gate::Time kStart = Gate::Time() + 1h;

class GateTest : public testing::Test {
 protected:
  static Gate gate() {
    Gate::Rules rules;
    auto list =
        AccessList::parse("ada sha256:" + to_hex(crypto::sha256(as_bytes("good"))) + " read\nops cert:ops admin");
    rules.list = std::get<AccessList>(std::move(list));
    return Gate(std::move(rules));
  }
  static Answer<Caller> ask(Gate& gate, std::string authorization, Gate::Time now = kStart,
                            std::string remote = "10.0.0.1", std::string certificate = "") {
    return gate.identify({std::move(remote), std::move(authorization), std::move(certificate)}, now, {});
  }
  static v1::ErrorCode code(const Answer<Caller>& answer) {
    const auto* failed = std::get_if<Failure>(&answer);
    return failed == nullptr ? v1::ERROR_CODE_UNSPECIFIED : failed->code;
  }
};

TEST_F(GateTest, WithoutRulesEverybodyIsLocalAndMayDoAll) {
  Gate open;
  const auto answer = ask(open, "");
  EXPECT_EQ(std::get<Caller>(answer).name, "local");
  EXPECT_TRUE(std::get<Caller>(answer).may(Role::admin));
}

TEST_F(GateTest, TakesTokensAndCertificatesAndNothingElse) {
  Gate closed = gate();
  EXPECT_EQ(std::get<Caller>(ask(closed, "Bearer good")).name, "ada");
  EXPECT_EQ(std::get<Caller>(ask(closed, "bearer good")).name, "ada");
  EXPECT_EQ(std::get<Caller>(ask(closed, "", kStart, "10.0.0.1", "ops")).name, "ops");
  for (const char* wrong : {"Bearer bad", "Basic good", "good", "Bearer", "Bearer "})
    EXPECT_EQ(code(ask(closed, wrong)), v1::UNAUTHENTICATED) << wrong;
  EXPECT_EQ(code(ask(closed, "", kStart, "10.0.0.2", "stranger")), v1::UNAUTHENTICATED);
  // A token that is wrong is not made good by a certificate.
  EXPECT_EQ(code(ask(closed, "Bearer bad", kStart, "10.0.0.3", "ops")), v1::UNAUTHENTICATED);
}

TEST_F(GateTest, AnAddressThatGuessesIsRefusedForAMinuteAndOthersAreNot) {
  Gate closed = gate();
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(code(ask(closed, "Bearer bad", kStart + i * 1s)), v1::UNAUTHENTICATED);
  EXPECT_EQ(code(ask(closed, "Bearer good", kStart + 30s)), v1::TOO_MANY_FAILURES);
  EXPECT_EQ(code(ask(closed, "Bearer good", kStart + 30s, "10.0.0.2")), v1::ERROR_CODE_UNSPECIFIED);
  EXPECT_EQ(code(ask(closed, "Bearer good", kStart + 61s)), v1::ERROR_CODE_UNSPECIFIED);
}

TEST_F(GateTest, WhoBringsNothingIsRefusedAndNotCounted) {
  Gate closed = gate();
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(code(ask(closed, "")), v1::UNAUTHENTICATED);
  EXPECT_EQ(code(ask(closed, "Bearer good")), v1::ERROR_CODE_UNSPECIFIED);
}

TEST_F(GateTest, RoleAndSessionDecide) {
  Caller ada;
  ada.roles = *roles_of("send");
  ada.prefixes = {"shop-"};
  EXPECT_FALSE(refusal(ada, Role::send, "shop-1"));
  EXPECT_FALSE(refusal(ada, Role::read, "shop-1"));
  EXPECT_EQ(refusal(ada, Role::admin, "shop-1")->detail, "role");
  EXPECT_EQ(refusal(ada, Role::send, "bank")->detail, "session");
}

}  // namespace
}  // namespace linekeeper::control
