#include "linekeeper/node/jid.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace linekeeper::transport {
namespace {

constexpr std::array<std::string_view, 12> kNames = {
    "s.whatsapp.net", "lid", "g.us", "broadcast", "newsletter", "hosted",
    "hosted.lid",     "bot", "call", "msgr",      "interop",    "c.us",
};

constexpr bool wide_devices(Server server) noexcept {
  return server == Server::msgr || server == Server::interop;
}

/// Decimal digits only, the whole text.
template <typename T>
std::optional<T> decimal(std::string_view text) noexcept {
  T value = 0;
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view server_name(Server server) noexcept {
  return kNames[static_cast<std::size_t>(server)];
}

std::optional<Server> server_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Server>(i);
  }
  return std::nullopt;
}

bool has_devices(Server server) noexcept {
  switch (server) {
    case Server::pn:
    case Server::lid:
    case Server::hosted:
    case Server::hosted_lid:
    case Server::msgr:
    case Server::interop: return true;
    default: return false;
  }
}

std::string Jid::str() const {
  const std::string_view name = server_name(server);
  if (user.empty()) return std::string(name);
  std::string out;
  out.reserve(user.size() + name.size() + 14);
  if (server == Server::interop) out.append(std::to_string(integrator)).push_back('-');
  out.append(user);
  if (device != 0) {
    out.push_back(':');
    out.append(std::to_string(device));
  }
  out.push_back('@');
  out.append(name);
  return out;
}

std::optional<Jid> Jid::parse(std::string_view text) {
  const auto at = text.rfind('@');
  const auto server = server_from(at == std::string_view::npos ? text : text.substr(at + 1));
  if (!server) return std::nullopt;
  Jid jid{{}, *server, 0, 0};
  if (at == std::string_view::npos || at == 0) return jid;

  std::string_view user = text.substr(0, at);
  if (const auto colon = user.rfind(':'); colon != std::string_view::npos) {
    const auto device = decimal<std::uint16_t>(user.substr(colon + 1));
    if (!device || (*device != 0 && !has_devices(*server))) return std::nullopt;
    if (*device > std::numeric_limits<std::uint8_t>::max() && !wide_devices(*server)) return std::nullopt;
    jid.device = *device;
    user = user.substr(0, colon);
  }
  if (*server == Server::interop) {
    if (const auto dash = user.find('-'); dash != std::string_view::npos) {
      if (const auto integrator = decimal<std::uint16_t>(user.substr(0, dash))) {
        jid.integrator = *integrator;
        user = user.substr(dash + 1);
      }
    }
  }
  if (user.empty() || user.find_first_of(":@") != std::string_view::npos) return std::nullopt;
  jid.user = user;
  return jid;
}

Jid Jid::account() const {
  Jid out = bare();
  if (server == Server::legacy || server == Server::hosted) out.server = Server::pn;
  if (server == Server::hosted_lid) out.server = Server::lid;
  return out;
}

}  // namespace linekeeper::transport
