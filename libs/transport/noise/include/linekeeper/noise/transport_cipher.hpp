#pragma once

#include <cstddef>
#include <cstdint>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/crypto/aead.hpp"

namespace linekeeper::transport {

/// Seals and opens the frames after the handshake: AES-256-GCM, one key and one counter per direction, no associated
/// data. The counter is the nonce and never wraps: the connection ends before that.
/// Some 80 bytes, no context of its own: an idle connection costs nothing else. One thread at a time.
class TransportCipher {
 public:
  TransportCipher(const SecretKey32& write_key, const SecretKey32& read_key);

  /// The payload of the next frame. Errors: `invalid_argument` for an empty plaintext, which crashes peers;
  /// `too_large` if it does not fit into a frame or the counter is used up (reconnect then).
  Result<Bytes> seal(ByteView plaintext);
  /// The same as a whole frame, its length in front, appended to `out`.
  Result<void> seal_frame(Bytes& out, ByteView plaintext);

  /// The plaintext of the next frame's payload. Errors: `malformed_frame` if it is too short or does not open,
  /// `too_large` if the counter is used up. After an error every later call fails: the streams are out of step.
  Result<Bytes> open(ByteView payload);

  /// Frames sealed and opened so far, that is the next counters.
  std::uint64_t sealed() const noexcept { return write_counter_; }
  std::uint64_t opened() const noexcept { return read_counter_; }

  /// Starts the counters elsewhere, for tests of their end.
  void advance_for_test(std::uint64_t write_counter, std::uint64_t read_counter) noexcept;

 private:
  Result<void> may_seal(std::size_t size) const;

  crypto::Aes256Gcm write_;
  crypto::Aes256Gcm read_;
  std::uint64_t write_counter_ = 0;
  std::uint64_t read_counter_ = 0;
  bool failed_ = false;
};

}  // namespace linekeeper::transport
