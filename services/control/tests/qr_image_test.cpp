#include "web/qr_image.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <vector>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::control {
namespace {

constexpr std::string_view kText = "2@ref,noise,identity,adv";

struct Chunk {
  std::string type;
  Bytes data;
};

std::vector<Chunk> chunks_of(const std::string& png) {
  std::vector<Chunk> chunks;
  const ByteView all = as_bytes(png);
  for (std::size_t at = 8; at + 12 <= all.size();) {
    const std::size_t size = get_be(all.subspan(at, 4));
    const ByteView covered = all.subspan(at + 4, 4 + size);
    EXPECT_EQ(get_be(all.subspan(at + 8 + size, 4)), crc32(0, covered.data(), static_cast<uInt>(covered.size())));
    chunks.push_back({to_text(covered.first(4)), to_bytes(covered.subspan(4))});
    at += 12 + size;
  }
  return chunks;
}

TEST(QrImageTest, ThePngIsOneAndItsRowsAreWhole) {
  const std::string png = qr_png(kText);
  ASSERT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
  const auto chunks = chunks_of(png);
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[0].type + chunks[1].type + chunks[2].type, "IHDRIDATIEND");
  const std::size_t pixels = get_be(ByteView(chunks[0].data).first(4));
  Bytes rows(pixels * (pixels / 8 + 1));
  uLongf size = rows.size();
  ASSERT_EQ(uncompress(rows.data(), &size, chunks[1].data.data(), chunks[1].data.size()), Z_OK);
  EXPECT_EQ(size, rows.size());
  EXPECT_EQ(rows[1], 0xff);                              // The margin is white,
  EXPECT_EQ(rows[32 * (pixels / 8 + 1) + 1 + 4], 0x00);  // the corner behind it dark.
}

TEST(QrImageTest, SvgAndTextShowTheSameModules) {
  const std::string svg = qr_svg(kText);
  EXPECT_NE(svg.find("M4 4h1v1h-1z"), std::string::npos);
  EXPECT_EQ(svg.find("2@ref"), std::string::npos);
  const std::string text = qr_text(kText);
  EXPECT_TRUE(text.starts_with("████"));
  EXPECT_EQ(text.find("2@ref"), std::string::npos);
}

}  // namespace
}  // namespace linekeeper::control
