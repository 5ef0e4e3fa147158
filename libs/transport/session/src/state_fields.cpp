#include "linekeeper/session/state_fields.hpp"

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/signal/address.hpp"
#include "linekeeper/signal/fields.hpp"

namespace linekeeper::transport {

std::vector<std::string> contact_fields(const Jid& person) {
  const Jid bare = person.bare();
  return {devices_field(bare), bare.is_lid() ? pn_field(bare.user) : lid_field(bare.user),
          signal::session_field(signal::address_of(bare))};
}

std::string devices_field(const Jid& user) {
  return "dev/" + user.bare().str();
}

std::string lid_field(std::string_view number) {
  return "lid/" + std::string(number);
}

std::string pn_field(std::string_view lid) {
  return "pn/" + std::string(lid);
}

std::string era_field(const signal::Address& address) {
  return "era/" + address.str();
}

std::string trust_field(const Jid& user) {
  return "tct/" + user.bare().str();
}

std::string app_key_field(std::string_view key_id) {
  return "appkey/" + to_hex(as_bytes(key_id));
}

}  // namespace linekeeper::transport
