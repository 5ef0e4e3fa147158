#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/pairing/credentials.hpp"

namespace linekeeper::transport {

/// What a QR carries from the companion's screen to the phone's camera.
struct QrContent {
  std::string ref;  ///< As the server minted it.
  Key32 noise{};
  Key32 identity{};
  SecretKey32 adv_secret;
  std::string client_type = "1";  ///< 1 is Chrome; not the platform numbers of the client payload.
};

/// The text of the picture, with the prefix that lets a phone's own camera open it. Some 240 characters.
Secret<std::string> qr_text(const QrContent& content);
/// For this device and ref, with its present adv secret.
Secret<std::string> qr_text(const DeviceCredentials& credentials, std::string_view ref);

/// The phone's side: with or without prefix, fields counted from the right because a ref may hold anything.
/// `allow_legacy` accepts the four-field form of old clients. Errors: `malformed_value`.
Result<QrContent> parse_qr(std::string_view text, bool allow_legacy = false);

/// Which ref is on the screen, and for how long: the first 60 s, each further one 20 s, as all known clients do.
/// Plain state; the caller owns the clock.
class QrRotation {
 public:
  using Ms = std::chrono::milliseconds;

  explicit QrRotation(std::vector<std::string> refs, Ms first = std::chrono::seconds(60),
                      Ms next = std::chrono::seconds(20));

  /// No ref is left to show.
  bool exhausted() const noexcept { return at_ >= refs_.size(); }
  /// Precondition of the next three: not exhausted.
  const std::string& ref() const { return refs_[at_]; }
  Ms lifetime() const noexcept { return at_ == 0 ? first_ : next_; }
  unsigned index() const noexcept { return static_cast<unsigned>(at_) + 1; }  ///< From 1.
  unsigned remaining() const noexcept;                                        ///< Behind the present one.
  /// To the next ref. False if there was none: exhausted.
  bool advance() noexcept;

 private:
  std::vector<std::string> refs_;
  Ms first_;
  Ms next_;
  std::size_t at_ = 0;
};

}  // namespace linekeeper::transport
