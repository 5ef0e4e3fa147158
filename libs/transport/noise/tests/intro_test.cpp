#include "linekeeper/noise/intro.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "linekeeper/base/errc.hpp"
#include "noise_vectors.hpp"

namespace linekeeper::transport {
namespace {

TEST(IntroTest, IsFourBytesWithoutRouting) {
  EXPECT_EQ(to_hex(intro_bytes()), "57410603");
}

TEST(IntroTest, CarriesTheRoutingInformationOfTheVectors) {
  const auto& edge = noise_vectors()["edge_routing"];
  EXPECT_EQ(intro_bytes(unhex(edge["routing_info"])), unhex(edge["intro"]));
}

TEST(IntroTest, RefusesRoutingInformationThatItsLengthCannotState) {
  EXPECT_EQ(intro_bytes(Bytes(0xffffff)).size(), 0xffffffU + 11);
  EXPECT_THROW(intro_bytes(Bytes(0x1000000)), std::length_error);
}

TEST(IntroReaderTest, LeavesTheFramesAloneHoweverTheIntroWasCut) {
  const auto& edge = noise_vectors()["edge_routing"];
  for (const Bytes& routing : {Bytes(), unhex(edge["routing_info"]), Bytes(5000, 0x41)}) {
    const Bytes stream = concat(intro_bytes(routing), as_bytes("frames"));
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      IntroReader reader;
      const auto first = reader.push(ByteView(stream).first(cut));
      ASSERT_TRUE(first) << "cut at " << cut;
      EXPECT_LE(*first, cut);
      EXPECT_EQ(reader.done(), cut >= stream.size() - 6) << "cut at " << cut;
      const auto second = reader.push(ByteView(stream).subspan(*first));
      ASSERT_TRUE(second) << "cut at " << cut;
      EXPECT_TRUE(reader.done());
      EXPECT_EQ(*first + *second, stream.size() - 6);
      EXPECT_EQ(reader.routing_info(), routing);
    }
  }
}

TEST(IntroReaderTest, TakesNothingMoreOnceDone) {
  IntroReader reader;
  EXPECT_EQ(reader.push(kIntro).value(), 4U);
  EXPECT_EQ(reader.push(as_bytes("frames")).value(), 0U);
}

TEST(IntroReaderTest, AcceptsARoutingHeaderWithoutRouting) {
  IntroReader reader;
  EXPECT_EQ(reader.push(*from_hex("4544000100000057410603")).value(), 11U);
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(reader.routing_info().empty());
}

TEST(IntroReaderTest, RefusesWhatIsNotAnIntroAtItsFirstForeignByte) {
  const struct {
    const char* bytes;
    Errc why;
  } cases[] = {{"47", Errc::malformed_frame},
               {"5742", Errc::malformed_frame},
               {"574105", Errc::unsupported_version},
               {"57410602", Errc::unsupported_version},
               {"4545", Errc::malformed_frame},
               {"454401", Errc::unsupported_version},
               {"45440000", Errc::unsupported_version},
               {"4544000100000245444544", Errc::malformed_frame},
               {"454400010000015a57410503", Errc::unsupported_version}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.bytes);
    IntroReader reader;
    const auto result = reader.push(*from_hex(c.bytes));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), c.why);
    EXPECT_EQ(reader.push(kIntro).error(), c.why);
    EXPECT_FALSE(reader.done());
  }
}

TEST(IntroReaderTest, RefusesMoreRoutingThanItsCapBeforeTheBytesCome) {
  IntroReader reader(100);
  EXPECT_EQ(reader.push(*from_hex("45440001000065")).error(), Errc::too_large);
}

}  // namespace
}  // namespace linekeeper::transport
