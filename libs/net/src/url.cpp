#include "linekeeper/net/url.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v6.hpp>
#include <charconv>
#include <optional>
#include <utility>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::net {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 6> kSchemes{
    {{"ws", 80}, {"wss", 443}, {"http", 80}, {"https", 443}, {"redis", 6379}, {"rediss", 6379}}};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::uint16_t default_port(std::string_view scheme) noexcept {
  for (const auto& [name, port] : kSchemes)
    if (name == scheme) return port;
  return 0;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Nothing on a broken escape.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return out;
}

std::optional<std::uint16_t> parse_port(std::string_view text, unsigned least) noexcept {
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || text.size() > 5 || value < least || value > 65535)
    return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

/// A name or an IPv4 address: letters, digits, dots, hyphens and, as container networks use it, underscores.
bool is_name(std::string_view host) noexcept {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
  };
  return !host.empty() && host.size() <= 253 && host.front() != '.' && std::ranges::all_of(host, allowed);
}

bool is_ipv6(std::string_view host) {
  boost::system::error_code ec;
  boost::asio::ip::make_address_v6(std::string(host), ec);
  return !ec && host.find('%') == std::string_view::npos;
}

/// "name", "name:port", "[address]", "[address]:port". The port is absent or text that still has to be checked.
struct Authority {
  std::string host;
  std::optional<std::string_view> port;
};

std::optional<Authority> split_authority(std::string_view text) {
  Authority out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = lower(text.substr(1, end - 1));
    rest = text.substr(end + 1);
    if (!is_ipv6(out.host)) return std::nullopt;
  } else {
    const std::size_t colon = text.find(':');
    out.host = lower(text.substr(0, colon));
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (!is_name(out.host)) return std::nullopt;
  }
  if (rest.empty()) return out;
  if (rest.front() != ':') return std::nullopt;
  out.port = rest.substr(1);
  return out;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

bool Url::tls() const noexcept {
  return scheme == "wss" || scheme == "https" || scheme == "rediss";
}

std::string Url::authority() const {
  std::string out = bracketed(host);
  if (port != default_port(scheme)) out += ":" + std::to_string(port);
  return out;
}

Result<Url> Url::parse(std::string_view text) {
  const auto is_refused = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '#'; };
  if (std::ranges::any_of(text, is_refused)) return Errc::invalid_argument;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return Errc::invalid_argument;

  Url url;
  url.scheme = lower(text.substr(0, scheme_end));
  url.port = default_port(url.scheme);
  if (url.port == 0) return Errc::invalid_argument;
  text.remove_prefix(scheme_end + 3);

  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, authority_end);
  url.target = text.substr(authority_end);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");

  // The last @: a password may carry one undecoded, a host never.
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view info = authority.substr(0, at);
    const std::size_t colon = info.find(':');
    auto user = percent_decoded(info.substr(0, colon));
    auto password = percent_decoded(colon == std::string_view::npos ? std::string_view() : info.substr(colon + 1));
    if (!user || !password) return Errc::invalid_argument;
    url.user = std::move(*user);
    url.password = Secret<std::string>(std::move(*password));
    authority.remove_prefix(at + 1);
  }

  auto parts = split_authority(authority);
  if (!parts) return Errc::invalid_argument;
  url.host = std::move(parts->host);
  if (parts->port) {
    const auto port = parse_port(*parts->port, 1);
    if (!port) return Errc::invalid_argument;
    url.port = *port;
  }
  return url;
}

Result<HostPort> HostPort::parse(std::string_view text) {
  auto parts = split_authority(text);
  if (!parts || !parts->port) return Errc::invalid_argument;
  const auto port = parse_port(*parts->port, 0);
  if (!port) return Errc::invalid_argument;
  return HostPort{std::move(parts->host), *port};
}

}  // namespace linekeeper::net
