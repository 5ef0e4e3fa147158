#include "linekeeper/signal/address.hpp"

#include <charconv>

namespace linekeeper::transport::signal {
namespace {

std::string name_of(const Jid& jid) {
  switch (jid.server) {
    case Server::pn:
    case Server::legacy: return jid.user;
    case Server::lid: return jid.user + "_1";
    case Server::hosted: return jid.user + "_128";
    case Server::hosted_lid: return jid.user + "_129";
    default: return jid.bare().str();
  }
}

}  // namespace

std::string Address::str() const {
  return name + "." + std::to_string(device);
}

std::optional<Address> Address::parse(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  Address out{std::string(text.substr(0, dot)), 0};
  const std::string_view digits = text.substr(dot + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.device);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

Address address_of(const Jid& jid) {
  return {name_of(jid), jid.device};
}

}  // namespace linekeeper::transport::signal
