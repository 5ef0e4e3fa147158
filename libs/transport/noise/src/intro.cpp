#include "linekeeper/noise/intro.hpp"

#include <algorithm>
#include <stdexcept>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {
namespace {

// "ED", version 0.1: edge routing, a 3-byte length and opaque bytes that an earlier connection was given.
constexpr std::array<std::uint8_t, 4> kRoutingHeader{0x45, 0x44, 0x00, 0x01};
constexpr std::size_t kRoutingLengthSize = 3;

}  // namespace

Bytes intro_bytes(ByteView routing_info) {
  if (routing_info.size() >= std::size_t{1} << 24)
    throw std::length_error("intro: the routing information is too long");
  Bytes out;
  if (!routing_info.empty()) {
    append(out, kRoutingHeader);
    put_be(out, routing_info.size(), kRoutingLengthSize);
    append(out, routing_info);
  }
  append(out, kIntro);
  return out;
}

Result<std::size_t> IntroReader::push(ByteView bytes) {
  if (state_ == State::kFailed) return failure_;
  std::size_t taken = 0;
  while (state_ != State::kDone && taken < bytes.size()) {
    if (state_ == State::kRouting) {
      const ByteView piece = bytes.subspan(taken, std::min(routing_size_ - routing_.size(), bytes.size() - taken));
      append(routing_, piece);
      taken += piece.size();
      if (routing_.size() == routing_size_) state_ = State::kIntroAfterRouting;
      continue;
    }
    if (const auto result = take(bytes[taken]); !result) {
      state_ = State::kFailed;
      failure_ = result.error();
      return failure_;
    }
    ++taken;
  }
  return taken;
}

Result<void> IntroReader::take(std::uint8_t byte) {
  header_[have_++] = byte;
  if (state_ == State::kRoutingLength) {
    if (have_ < kRoutingLengthSize) return ok();
    routing_size_ = get_be(ByteView(header_).first(kRoutingLengthSize));
    if (routing_size_ > routing_cap_) return Errc::too_large;
    have_ = 0;
    state_ = routing_size_ == 0 ? State::kIntroAfterRouting : State::kRouting;
    return ok();
  }
  // Refused at the first byte that cannot belong to an intro, so that a foreign protocol does not wait for an answer.
  const bool routing = state_ == State::kHeader && header_[0] == kRoutingHeader[0];
  const auto& expected = routing ? kRoutingHeader : kIntro;
  if (header_[have_ - 1] != expected[have_ - 1]) return have_ > 2 ? Errc::unsupported_version : Errc::malformed_frame;
  if (have_ < header_.size()) return ok();
  have_ = 0;
  state_ = routing ? State::kRoutingLength : State::kDone;
  return ok();
}

}  // namespace linekeeper::transport
