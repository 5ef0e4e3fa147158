#pragma once

#include <string>
#include <string_view>

namespace linekeeper::control {

// A QR code as a picture. `text` is a secret: so is what these give. Medium error correction, four modules of margin.

/// 8 pixels a module, 1 bit a pixel.
std::string qr_png(std::string_view text);
std::string qr_svg(std::string_view text);
/// Two modules a character, in block elements, for a terminal with a dark background.
std::string qr_text(std::string_view text);

}  // namespace linekeeper::control
