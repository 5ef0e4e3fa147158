#include "linekeeper/noise/frame.hpp"

#include <stdexcept>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {

void append_frame(Bytes& out, ByteView payload) {
  if (payload.size() > kMaxFramePayload) throw std::length_error("frame: the payload is too long");
  put_be(out, payload.size(), kFrameHeaderSize);
  append(out, payload);
}

void FrameReader::push(ByteView bytes) {
  if (failed_) return;  // nothing of a lost stream is kept
  if (start_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(start_));
    start_ = 0;
  }
  append(buffer_, bytes);
}

Result<std::optional<Bytes>> FrameReader::next() {
  if (failed_) return Errc::too_large;
  const ByteView rest = ByteView(buffer_).subspan(start_);
  if (rest.size() < kFrameHeaderSize) return std::optional<Bytes>();
  const std::size_t size = get_be(rest.first(kFrameHeaderSize));
  if (size > cap_) {
    failed_ = true;
    buffer_ = Bytes();
    start_ = 0;
    return Errc::too_large;
  }
  if (rest.size() - kFrameHeaderSize < size) return std::optional<Bytes>();

  std::optional<Bytes> payload(to_bytes(rest.subspan(kFrameHeaderSize, size)));
  start_ += kFrameHeaderSize + size;
  if (start_ == buffer_.size()) {  // an idle line keeps no buffer
    buffer_ = Bytes();
    start_ = 0;
  }
  return payload;
}

}  // namespace linekeeper::transport
