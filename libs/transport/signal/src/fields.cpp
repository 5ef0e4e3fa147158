#include "linekeeper/signal/fields.hpp"

#include "linekeeper/signal/prekey_block.hpp"

namespace linekeeper::transport::signal {

std::string session_field(const Address& address) {
  return "sess/" + address.str();
}

std::string identity_field(const Address& address) {
  return "ident/" + address.str();
}

std::string sender_key_field(std::string_view group, const Address& sender) {
  return "sk/" + std::string(group) + "/" + sender.str();
}

std::string prekey_field(std::uint32_t prekey_id) {
  return "pk/" + std::to_string(PrekeyBlock::number_of(prekey_id));
}

std::string signed_prekey_field(std::uint32_t signed_prekey_id) {
  return "spk/" + std::to_string(signed_prekey_id);
}

std::vector<std::string> session_fields(const Address& address) {
  return {session_field(address), identity_field(address)};
}

}  // namespace linekeeper::transport::signal
