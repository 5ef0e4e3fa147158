#include "server_keys.hpp"

#include <gtest/gtest.h>

namespace linekeeper::sandbox {
namespace {

constexpr std::int64_t kNow = 1'790'000'000;

bool trusted(const transport::ServerIdentity& shown, const Key32& root) {
  return transport::verify_server(shown.chain, root, shown.static_key.pub, kNow).has_value();
}

TEST(ServerKeysTest, TheChainLeadsToThePublishedRoot) {
  const ServerKeys keys(std::nullopt, kNow);
  EXPECT_TRUE(trusted(keys.identity(), keys.root()));
}

TEST(ServerKeysTest, OneSeedGivesTheSameKeysAnotherGivesOthers) {
  const Key32 seed{1};
  const ServerKeys first(seed, kNow);
  const ServerKeys second(seed, kNow + 5);
  EXPECT_EQ(first.root(), second.root());
  EXPECT_EQ(first.identity().static_key.pub, second.identity().static_key.pub);
  EXPECT_NE(first.root(), ServerKeys(Key32{2}, kNow).root());
}

TEST(ServerKeysTest, ARenewedKeyKeepsTheRoot) {
  ServerKeys keys(std::nullopt, kNow);
  const Key32 root = keys.root();
  const Key32 before = keys.identity().static_key.pub;
  keys.renew(kNow);
  EXPECT_NE(keys.identity().static_key.pub, before);
  EXPECT_TRUE(trusted(keys.identity(), root));
}

class BrokenChainTest : public testing::TestWithParam<const char*> {};

TEST_P(BrokenChainTest, IsRefusedByACarefulClient) {
  const ServerKeys keys(std::nullopt, kNow);
  EXPECT_FALSE(trusted(keys.broken(GetParam(), kNow), keys.root()));
}

INSTANTIATE_TEST_SUITE_P(ServerKeys, BrokenChainTest,
                         testing::Values("expired", "wrong-signer", "wrong-static", "corrupt"), [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace linekeeper::sandbox
