#include "web/qr_image.hpp"

#include <zlib.h>

#include <qrcodegen.hpp>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::control {
namespace {

constexpr int kMargin = 4;
constexpr int kScale = 8;

qrcodegen::QrCode code_of(std::string_view text) {
  return qrcodegen::QrCode::encodeText(std::string(text).c_str(), qrcodegen::QrCode::Ecc::MEDIUM);
}

/// Dark, counted with the margin.
bool dark(const qrcodegen::QrCode& code, int x, int y) {
  return code.getModule(x - kMargin, y - kMargin);  // Light outside of it.
}

void put_chunk(Bytes& out, std::string_view type, ByteView data) {
  put_be(out, data.size(), 4);
  const std::size_t begin = out.size();
  append(out, as_bytes(type));
  append(out, data);
  const ByteView covered = ByteView(out).subspan(begin);
  put_be(out, crc32(0, covered.data(), static_cast<uInt>(covered.size())), 4);
}

/// Each row begins with filter 0; a pixel is a bit, 1 is white.
Bytes rows_of(const qrcodegen::QrCode& code, int pixels) {
  Bytes rows;
  for (int y = 0; y < pixels; ++y) {
    rows.push_back(0);
    for (int x = 0; x < pixels; x += 8) {
      std::uint8_t byte = 0;
      for (int bit = 0; bit < 8; ++bit)
        byte = static_cast<std::uint8_t>(byte << 1 | (dark(code, (x + bit) / kScale, y / kScale) ? 0 : 1));
      rows.push_back(byte);
    }
  }
  return rows;
}

}  // namespace

std::string qr_png(std::string_view text) {
  const auto code = code_of(text);
  const int pixels = (code.getSize() + 2 * kMargin) * kScale;
  const Bytes rows = rows_of(code, pixels);
  uLongf size = compressBound(rows.size());
  Bytes packed(size);
  compress(packed.data(), &size, rows.data(), rows.size());
  packed.resize(size);

  Bytes out{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  Bytes header;
  put_be(header, static_cast<std::uint64_t>(pixels), 4);
  put_be(header, static_cast<std::uint64_t>(pixels), 4);
  append(header, Bytes{1, 0, 0, 0, 0});  // One bit, greyscale, and the only methods there are.
  put_chunk(out, "IHDR", header);
  put_chunk(out, "IDAT", packed);
  put_chunk(out, "IEND", {});
  return to_text(out);
}

std::string qr_svg(std::string_view text) {
  const auto code = code_of(text);
  const std::string size = std::to_string(code.getSize() + 2 * kMargin);
  std::string out = R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 )" + size + " " + size +
                    R"(" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h)" + size + "v" + size +
                    "H0z\"/><path d=\"";
  for (int y = 0; y < code.getSize(); ++y)
    for (int x = 0; x < code.getSize(); ++x)
      if (code.getModule(x, y))
        out += "M" + std::to_string(x + kMargin) + " " + std::to_string(y + kMargin) + "h1v1h-1z";
  return out + "\"/></svg>\n";
}

std::string qr_text(std::string_view text) {
  const auto code = code_of(text);
  const int size = code.getSize() + 2 * kMargin;
  std::string out;
  for (int y = 0; y < size; y += 2) {
    for (int x = 0; x < size; ++x) {
      const bool upper = !dark(code, x, y);
      const bool lower = !dark(code, x, y + 1);
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += "\n";
  }
  return out;
}

}  // namespace linekeeper::control
