#include "linekeeper/pairing/qr.hpp"

#include <array>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::string_view kPrefix = "https://wa.me/settings/linked_devices#";

/// Cuts the last field off `text`.
std::optional<std::string_view> take_last(std::string_view& text) {
  const std::size_t comma = text.rfind(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view field = text.substr(comma + 1);
  text = text.substr(0, comma);
  return field;
}

std::optional<Key32> key_of(std::string_view base64) {
  const auto bytes = from_base64(base64);
  return bytes ? exactly<32>(*bytes) : std::nullopt;
}

/// A client type is one character; a field of 32 bytes in base64 has 44.
bool is_client_type(std::string_view field) noexcept {
  return field.size() == 1;
}

}  // namespace

Secret<std::string> qr_text(const QrContent& content) {
  std::string out(kPrefix);
  out.append(content.ref).append(",").append(to_base64(content.noise)).append(",");
  out.append(to_base64(content.identity)).append(",").append(to_base64(content.adv_secret.reveal()));
  out.append(",").append(content.client_type);
  return Secret<std::string>(std::move(out));
}

Secret<std::string> qr_text(const DeviceCredentials& credentials, std::string_view ref) {
  return qr_text(
      QrContent{std::string(ref), credentials.noise.pub, credentials.identity.pub, credentials.adv_secret, "1"});
}

Result<QrContent> parse_qr(std::string_view text, bool allow_legacy) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  QrContent out;
  auto last = take_last(text);
  if (last && is_client_type(*last)) {
    out.client_type = *last;
    last = take_last(text);
  } else if (allow_legacy) {
    out.client_type.clear();
  } else {
    return Errc::malformed_value;
  }
  const auto identity = last ? take_last(text) : std::nullopt;
  const auto noise = identity ? take_last(text) : std::nullopt;
  if (!noise || text.empty()) return Errc::malformed_value;
  const auto noise_key = key_of(*noise);
  const auto identity_key = key_of(*identity);
  const auto adv_secret = key_of(*last);
  if (!noise_key || !identity_key || !adv_secret) return Errc::malformed_value;
  out.ref = text;
  out.noise = *noise_key;
  out.identity = *identity_key;
  out.adv_secret = SecretKey32(*adv_secret);
  return out;
}

QrRotation::QrRotation(std::vector<std::string> refs, Ms first, Ms next)
    : refs_(std::move(refs)), first_(first), next_(next) {}

unsigned QrRotation::remaining() const noexcept {
  return exhausted() ? 0 : static_cast<unsigned>(refs_.size() - at_ - 1);
}

bool QrRotation::advance() noexcept {
  if (!exhausted()) ++at_;
  return !exhausted();
}

}  // namespace linekeeper::transport
