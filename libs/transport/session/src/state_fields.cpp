#include "linekeeper/session/state_fields.hpp"

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::transport {

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
