#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace linekeeper::transport {

/// The part of an address after the `@`: what kind of thing it names.
enum class Server : std::uint8_t {
  pn,          ///< `s.whatsapp.net`: a user by phone number, digits only. Without user: the server itself.
  lid,         ///< `lid`: the same person by hidden id; about 15 digits, unrelated to the number.
  group,       ///< `g.us`: group or community.
  broadcast,   ///< `broadcast`: broadcast lists; `status@broadcast` is the status feed.
  newsletter,  ///< `newsletter`: channel.
  hosted,      ///< `hosted`: cloud-hosted companion of a phone-number user.
  hosted_lid,  ///< `hosted.lid`: cloud-hosted companion of a hidden id.
  bot,         ///< `bot`: AI bots.
  call,        ///< `call`: the server's address for call signalling, without user.
  msgr,        ///< `msgr`: Messenger users.
  interop,     ///< `interop`: users of other messengers.
  legacy,      ///< `c.us`: old spelling of `pn`.
};

std::string_view server_name(Server server) noexcept;
/// Exact names only.
std::optional<Server> server_from(std::string_view name) noexcept;

/// Whether addresses on this server may carry a device number.
bool has_devices(Server server) noexcept;

/// An address: `user[:device]@server`, or only a server.
///
/// Device 0 is the primary phone and is not printed; companions count from 1. Equality compares every field: use
/// `bare()` or `same_user()` when the device does not matter. JIDs made by `parse()` or the node decoder can always be
/// encoded; a hand-made one keeps `device <= 255` except on `msgr` and `interop`.
struct Jid {
  std::string user;
  Server server = Server::pn;
  std::uint16_t device = 0;
  std::uint16_t integrator = 0;  ///< Only on `interop`.

  /// `15550001234:2@s.whatsapp.net`; a server alone prints as its name; interop as `<integrator>-<user>@interop`.
  std::string str() const;

  /// Accepts what `str()` prints, and `@server` for a server alone. Nothing for unknown servers, devices beyond 255
  /// (65535 on `msgr` and `interop`), devices where there are none, or an empty user before a device.
  static std::optional<Jid> parse(std::string_view text);

  /// The same user without device.
  Jid bare() const { return {user, server, 0, integrator}; }

  /// The account behind this address: no device, `c.us` and `hosted` as `s.whatsapp.net`, `hosted.lid` as `lid`.
  Jid account() const;

  Jid with_device(std::uint16_t number) const { return {user, server, number, integrator}; }

  bool is_pn() const noexcept { return server == Server::pn || server == Server::hosted || server == Server::legacy; }
  bool is_lid() const noexcept { return server == Server::lid || server == Server::hosted_lid; }
  /// A person, by number or hidden id.
  bool is_user() const noexcept { return !user.empty() && (is_pn() || is_lid()); }
  bool is_hosted() const noexcept { return server == Server::hosted || server == Server::hosted_lid; }
  bool is_server() const noexcept { return user.empty(); }

  friend auto operator<=>(const Jid&, const Jid&) = default;
};

/// `s.whatsapp.net`, the address of most requests.
inline Jid server_jid() {
  return {};
}

/// `status@broadcast`.
inline Jid status_jid() {
  return {"status", Server::broadcast, 0, 0};
}

/// Same user on the same kind of server, whatever the device.
inline bool same_user(const Jid& a, const Jid& b) noexcept {
  const auto plain = [](Server s) { return s == Server::legacy ? Server::pn : s; };
  return a.user == b.user && plain(a.server) == plain(b.server);
}

}  // namespace linekeeper::transport

template <>
struct std::hash<linekeeper::transport::Jid> {
  std::size_t operator()(const linekeeper::transport::Jid& jid) const noexcept {
    const std::size_t rest =
        (static_cast<std::size_t>(jid.server) << 32U) ^ (static_cast<std::size_t>(jid.device) << 16U) ^ jid.integrator;
    return std::hash<std::string>{}(jid.user) ^ (rest * 0x9e3779b97f4a7c15ULL);
  }
};
