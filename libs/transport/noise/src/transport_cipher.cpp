#include "linekeeper/noise/transport_cipher.hpp"

#include "linekeeper/base/errc.hpp"
#include "linekeeper/noise/frame.hpp"
#include "nonce.hpp"

namespace linekeeper::transport {
namespace {

/// One more and a nonce would come twice under one key, which gives the key away.
constexpr std::uint64_t kCounterEnd = std::uint64_t{1} << 32;

constexpr std::size_t kTag = crypto::Aes256Gcm::kTagSize;

}  // namespace

TransportCipher::TransportCipher(const SecretKey32& write_key, const SecretKey32& read_key)
    : write_(write_key.reveal()), read_(read_key.reveal()) {}

Result<void> TransportCipher::may_seal(std::size_t size) const {
  if (size == 0) return Errc::invalid_argument;
  if (size > kMaxFramePayload - kTag || write_counter_ >= kCounterEnd) return Errc::too_large;
  return ok();
}

Result<Bytes> TransportCipher::seal(ByteView plaintext) {
  LK_CHECK(may_seal(plaintext.size()));
  return write_.seal(nonce_of(static_cast<std::uint32_t>(write_counter_++)), plaintext, {});
}

Result<void> TransportCipher::seal_frame(Bytes& out, ByteView plaintext) {
  LK_CHECK(may_seal(plaintext.size()));
  out.reserve(out.size() + kFrameHeaderSize + plaintext.size() + kTag);
  put_be(out, plaintext.size() + kTag, kFrameHeaderSize);
  write_.seal_to(out, nonce_of(static_cast<std::uint32_t>(write_counter_++)), plaintext, {});
  return ok();
}

Result<Bytes> TransportCipher::open(ByteView payload) {
  if (failed_) return Errc::malformed_frame;
  if (read_counter_ >= kCounterEnd) {
    failed_ = true;
    return Errc::too_large;
  }
  // An empty plaintext has not even its flag byte.
  if (payload.size() > kTag) {
    if (auto plain = read_.open(nonce_of(static_cast<std::uint32_t>(read_counter_)), payload, {})) {
      ++read_counter_;
      return plain;
    }
  }
  failed_ = true;
  return Errc::malformed_frame;
}

void TransportCipher::advance_for_test(std::uint64_t write_counter, std::uint64_t read_counter) noexcept {
  write_counter_ = write_counter;
  read_counter_ = read_counter;
}

}  // namespace linekeeper::transport
