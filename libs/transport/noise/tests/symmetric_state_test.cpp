#include "linekeeper/noise/symmetric_state.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "noise_vectors.hpp"

namespace linekeeper::transport {
namespace {

struct Handshake {
  const char* name;
  NoisePattern pattern;
};

class SymmetricStateTest : public ::testing::TestWithParam<Handshake> {};

INSTANTIATE_TEST_SUITE_P(Vectors, SymmetricStateTest,
                         ::testing::Values(Handshake{"xx_login", NoisePattern::kXX},
                                           Handshake{"xx_registration", NoisePattern::kXX},
                                           Handshake{"ik_login", NoisePattern::kIK},
                                           Handshake{"xxfallback_login", NoisePattern::kXXFallback}),
                         [](const auto& param) { return std::string(param.param.name); });

void expect_state(const SymmetricState& state, const Json& step) {
  EXPECT_EQ(to_hex(state.hash()), step["h"].get<std::string>());
  EXPECT_EQ(to_hex(state.chaining_key().reveal()), step["ck"].get<std::string>());
  EXPECT_EQ(to_hex(state.key().reveal()), step["k"].get<std::string>());
  EXPECT_EQ(state.nonce(), step["n"].get<std::uint32_t>());
}

TEST_P(SymmetricStateTest, FollowsTheTraceStepByStepOnBothSides) {
  const auto& vector = noise_vectors()[GetParam().name];
  SymmetricState sender(GetParam().pattern);
  SymmetricState receiver(GetParam().pattern);
  ASSERT_GE(vector["trace"].size(), 11U);
  for (const auto& step : vector["trace"]) {
    const auto name = step["step"].get<std::string>();
    SCOPED_TRACE(name);
    if (name.starts_with("mix_hash")) {
      sender.mix_hash(unhex(step["input"]));
      receiver.mix_hash(unhex(step["input"]));
    } else if (name.starts_with("mix_key")) {
      sender.mix_key(unhex(step["input"]));
      receiver.mix_key(unhex(step["input"]));
    } else if (name != "init") {  // encrypt_and_hash or decrypt_and_hash: one side of the same step
      EXPECT_EQ(sender.encrypt_and_hash(unhex(step["plaintext"])), unhex(step["ciphertext"]));
      EXPECT_EQ(receiver.decrypt_and_hash(unhex(step["ciphertext"])).value(), unhex(step["plaintext"]));
    }
    expect_state(sender, step);
    expect_state(receiver, step);
  }
  EXPECT_EQ(to_hex(sender.hash()), vector["final_h"].get<std::string>());
  EXPECT_EQ(to_hex(sender.chaining_key().reveal()), vector["final_ck"].get<std::string>());
  const auto keys = sender.split();
  EXPECT_EQ(to_hex(keys.client_to_server.reveal()), vector["transport"]["client_to_server_key"].get<std::string>());
  EXPECT_EQ(to_hex(keys.server_to_client.reveal()), vector["transport"]["server_to_client_key"].get<std::string>());
}

TEST(SymmetricStateRefusalTest, WhatDoesNotOpenLeavesTheTranscriptAsItWas) {
  SymmetricState sender(NoisePattern::kXX);
  SymmetricState receiver(NoisePattern::kXX);
  sender.mix_key(Bytes(32, 1));
  receiver.mix_key(Bytes(32, 1));
  const Bytes sealed = sender.encrypt_and_hash(as_bytes("text"));
  Bytes broken = sealed;
  broken.back() ^= 1;
  EXPECT_EQ(receiver.decrypt_and_hash(broken).error(), Errc::decrypt_failed);
  EXPECT_EQ(receiver.decrypt_and_hash(sealed).value(), to_bytes("text"));
}

TEST(SymmetricStateRefusalTest, APublicKeyThatForcesTheSecretIsRefused) {
  SymmetricState state(NoisePattern::kXX);
  EXPECT_EQ(state.mix_dh(crypto::generate_key_pair().priv, Key32{}).error(), Errc::decrypt_failed);
}

}  // namespace
}  // namespace linekeeper::transport
