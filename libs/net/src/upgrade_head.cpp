#include "upgrade_head.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::net {
namespace {

constexpr std::string_view kOrigin = "https://web.whatsapp.com";
constexpr std::string_view kWebSocketGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// "HTTP/1.1 101 Switching Protocols": the number, or 0.
int status_in(std::string_view line) noexcept {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return 0;
  if (line.size() > 12 && line[12] != ' ') return 0;
  int status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status >= 100 ? status : 0;
}

}  // namespace

Result<UpgradeHead> parse_upgrade_head(std::string_view head) {
  UpgradeHead out;
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    if (end == std::string_view::npos) return Errc::malformed_frame;
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(end + 2);
    if (first) {
      out.status = status_in(line);
      if (out.status == 0) return Errc::malformed_frame;
      first = false;
      continue;
    }
    if (line.empty()) return head.empty() ? Result<UpgradeHead>(std::move(out)) : Errc::malformed_frame;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Errc::malformed_frame;
    Header header{std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))};
    if (!is_valid_header(header)) return Errc::malformed_frame;
    out.headers.push_back(std::move(header));
  }
  return Errc::malformed_frame;
}

std::string make_websocket_key() {
  std::array<unsigned char, 16> key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) throw std::runtime_error("no randomness");
  return to_base64(key);
}

std::string accept_value_of(std::string_view key) {
  const std::string text = std::string(key) + std::string(kWebSocketGuid);
  std::array<unsigned char, 20> digest{};
  if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) != 1)
    throw std::runtime_error("no SHA-1");
  return to_base64(digest);
}

std::optional<std::string> upgrade_request(const Url& url, std::string_view key, const Headers& extra) {
  if (!std::ranges::all_of(extra, is_valid_header)) return std::nullopt;
  std::string out = "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority() + "\r\n";
  out += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
  out.append(key).append("\r\n");
  if (!find_header(extra, "Origin")) out.append("Origin: ").append(kOrigin).append("\r\n");
  for (const Header& header : extra)
    out.append(header.name).append(": ").append(header.value).append("\r\n");
  out += "\r\n";
  return out;
}

bool is_valid_upgrade(const UpgradeHead& head, std::string_view key) noexcept {
  // We offered no extension and no subprotocol, so the server must not have chosen one.
  return head.status == 101 && has_token(head.headers, "Upgrade", "websocket") &&
         has_token(head.headers, "Connection", "upgrade") &&
         find_header(head.headers, "Sec-WebSocket-Accept") == accept_value_of(key) &&
         !find_header(head.headers, "Sec-WebSocket-Extensions");
}

}  // namespace linekeeper::net
