#include "linekeeper/noise/frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {
namespace {

std::vector<Bytes> all_frames(FrameReader& reader) {
  std::vector<Bytes> out;
  for (auto next = reader.next(); next && *next; next = reader.next())
    out.push_back(std::move(**next));
  return out;
}

TEST(FrameTest, PutsTheLengthInFrontBigEndian) {
  Bytes out;
  append_frame(out, Bytes(0x010203, 0xaa));
  EXPECT_EQ(to_hex(ByteView(out).first(4)), "010203aa");
  EXPECT_EQ(out.size(), 3U + 0x010203);
}

TEST(FrameTest, RefusesToSendMoreThanAPeerReads) {
  Bytes out;
  append_frame(out, Bytes(kMaxFramePayload));
  EXPECT_EQ(out.size(), std::size_t{1} << 24);
  EXPECT_THROW(append_frame(out, Bytes(kMaxFramePayload + 1)), std::length_error);
}

TEST(FrameReaderTest, ReadsFramesHoweverTheyWereCut) {
  const std::vector<Bytes> frames{to_bytes("first"), Bytes(), Bytes(300, 0x5a), to_bytes("x")};
  Bytes stream;
  for (const auto& frame : frames)
    append_frame(stream, frame);
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    FrameReader reader(1024);
    std::vector<Bytes> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.push(ByteView(stream).subspan(at, std::min(piece, stream.size() - at)));
      for (auto& frame : all_frames(reader))
        got.push_back(std::move(frame));
    }
    EXPECT_EQ(got, frames) << "in pieces of " << piece;
    EXPECT_EQ(reader.buffered(), 0U);
  }
}

TEST(FrameReaderTest, WaitsWhileALengthIsCutAnywhere) {
  Bytes stream;
  append_frame(stream, to_bytes("body"));
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    FrameReader reader(1024);
    reader.push(ByteView(stream).first(cut));
    ASSERT_TRUE(reader.next()) << "cut at " << cut;
    EXPECT_FALSE(reader.next()->has_value()) << "cut at " << cut;
    EXPECT_EQ(reader.buffered(), cut);
    reader.push(ByteView(stream).subspan(cut));
    EXPECT_EQ(all_frames(reader), std::vector<Bytes>{to_bytes("body")});
  }
}

TEST(FrameReaderTest, RefusesALengthBeyondTheCapBeforeItsBytesCome) {
  FrameReader reader(4);
  reader.push(Bytes{0, 0, 4, 1, 2, 3, 4, 0, 0, 5});
  EXPECT_EQ(reader.next().value(), (Bytes{1, 2, 3, 4}));
  EXPECT_EQ(reader.next().error(), Errc::too_large);
}

TEST(FrameReaderTest, StaysLostAndKeepsNothingAfterARefusal) {
  FrameReader reader(4);
  reader.push(Bytes{0xff, 0xff, 0xff});
  EXPECT_EQ(reader.next().error(), Errc::too_large);
  reader.push(Bytes{0, 0, 1, 7});
  EXPECT_EQ(reader.buffered(), 0U);
  EXPECT_EQ(reader.next().error(), Errc::too_large);
}

TEST(FrameReaderTest, TrustsMoreOnceTheHandshakeIsDone) {
  FrameReader reader;  // a stranger
  Bytes stream;
  append_frame(stream, Bytes(kMaxHandshakeFrame, 1));
  append_frame(stream, Bytes(kMaxHandshakeFrame + 1, 2));
  reader.push(stream);
  EXPECT_EQ(reader.next().value()->size(), kMaxHandshakeFrame);
  reader.set_cap(kMaxFramePayload);
  EXPECT_EQ(reader.next().value()->size(), kMaxHandshakeFrame + 1);
}

}  // namespace
}  // namespace linekeeper::transport
