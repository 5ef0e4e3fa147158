#include "linekeeper/noise/transport_cipher.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/noise/frame.hpp"
#include "noise_vectors.hpp"

namespace linekeeper::transport {
namespace {

SecretKey32 key(std::uint8_t fill) {
  Key32 out;
  out.fill(fill);
  return SecretKey32(out);
}

class TransportCipherVectorTest : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Vectors, TransportCipherVectorTest,
                         ::testing::Values("xx_login", "xx_registration", "ik_login", "xxfallback_login"),
                         [](const auto& param) { return std::string(param.param); });

TEST_P(TransportCipherVectorTest, SealsAndOpensTheFramesOfBothDirections) {
  const auto& transport = noise_vectors()[GetParam()]["transport"];
  const SecretKey32 up(unhex_exactly<32>(transport["client_to_server_key"]));
  const SecretKey32 down(unhex_exactly<32>(transport["server_to_client_key"]));
  TransportCipher client(up, down);
  TransportCipher server(down, up);
  const auto check = [](const Json& messages, TransportCipher& from, TransportCipher& to) {
    for (const auto& message : messages) {
      Bytes frame;
      ASSERT_TRUE(from.seal_frame(frame, unhex(message["plaintext"])));
      EXPECT_EQ(frame, unhex(message["frame"]));
      EXPECT_EQ(to.open(without_header(frame)).value(), unhex(message["plaintext"]));
    }
  };
  check(transport["client_to_server"], client, server);
  check(transport["server_to_client"], server, client);
  EXPECT_EQ(client.sealed(), 2U);
  EXPECT_EQ(client.opened(), 2U);
}

TEST(TransportCipherTest, SealsAPayloadAsAFrameCarriesIt) {
  TransportCipher one(key(1), key(2));
  TransportCipher other(key(1), key(2));
  Bytes frame = to_bytes("before");
  ASSERT_TRUE(one.seal_frame(frame, as_bytes("text")));
  const Bytes payload = other.seal(as_bytes("text")).value();
  Bytes expected = to_bytes("before");
  append_frame(expected, payload);
  EXPECT_EQ(frame, expected);
}

TEST(TransportCipherTest, RefusesToSealNothingOrMoreThanAFrameHolds) {
  TransportCipher cipher(key(1), key(2));
  Bytes out;
  EXPECT_EQ(cipher.seal({}).error(), Errc::invalid_argument);
  EXPECT_EQ(cipher.seal_frame(out, {}).error(), Errc::invalid_argument);
  EXPECT_EQ(cipher.seal(Bytes(kMaxFramePayload - 15)).error(), Errc::too_large);
  EXPECT_EQ(cipher.seal(Bytes(kMaxFramePayload - 16)).value().size(), kMaxFramePayload);
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(cipher.sealed(), 1U);
}

TEST(TransportCipherTest, RefusesFramesTooShortForAFlagByte) {
  for (std::size_t size = 0; size <= 16; ++size) {
    TransportCipher cipher(key(1), key(2));
    EXPECT_EQ(cipher.open(Bytes(size)).error(), Errc::malformed_frame) << size;
  }
}

TEST(TransportCipherTest, RefusesReplayReorderAndLossAndStaysRefused) {
  TransportCipher sender(key(1), key(2));
  const Bytes first = sender.seal(as_bytes("first")).value();
  const Bytes second = sender.seal(as_bytes("second")).value();
  {
    TransportCipher receiver(key(2), key(1));
    ASSERT_TRUE(receiver.open(first));
    EXPECT_EQ(receiver.open(first).error(), Errc::malformed_frame);
    EXPECT_EQ(receiver.open(second).error(), Errc::malformed_frame);
  }
  TransportCipher receiver(key(2), key(1));
  EXPECT_EQ(receiver.open(second).error(), Errc::malformed_frame);
  EXPECT_EQ(receiver.open(first).error(), Errc::malformed_frame);
}

TEST(TransportCipherTest, TheCounterEndsInsteadOfWrapping) {
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint32_t>::max();
  TransportCipher sender(key(1), key(2));
  TransportCipher receiver(key(2), key(1));
  sender.advance_for_test(kLast, 0);
  receiver.advance_for_test(0, kLast);
  const Bytes last = sender.seal(as_bytes("last")).value();
  EXPECT_EQ(receiver.open(last).value(), to_bytes("last"));
  Bytes frame;
  EXPECT_EQ(sender.seal(as_bytes("one more")).error(), Errc::too_large);
  EXPECT_EQ(sender.seal_frame(frame, as_bytes("one more")).error(), Errc::too_large);
  EXPECT_TRUE(frame.empty());
  EXPECT_EQ(receiver.open(last).error(), Errc::too_large);
}

}  // namespace
}  // namespace linekeeper::transport
