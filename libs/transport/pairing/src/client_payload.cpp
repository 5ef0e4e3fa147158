#include "linekeeper/pairing/client_payload.hpp"

#include <charconv>
#include <limits>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "proto_bytes.hpp"
#include "wire/payload.pb.h"

namespace linekeeper::transport {
namespace {

std::string big_endian(std::uint64_t value, std::size_t width) {
  Bytes out;
  put_be(out, value, width);
  return to_text(out);
}

void fill_common(wire::ClientPayload& out, const ClientProfile& profile) {
  auto& agent = *out.mutable_user_agent();
  agent.set_platform(wire::UserAgent::WEB);
  auto& version = *agent.mutable_app_version();
  version.set_primary(profile.version.primary);
  version.set_secondary(profile.version.secondary);
  version.set_tertiary(profile.version.tertiary);
  agent.set_mcc("000");
  agent.set_mnc("000");
  agent.set_os_version("0.1");
  agent.set_manufacturer("");
  agent.set_device("Desktop");
  agent.set_os_build_number("0.1");
  agent.set_release_channel(wire::UserAgent::RELEASE);
  agent.set_locale_language(profile.language);
  agent.set_locale_country(profile.country);
  out.mutable_web_info()->set_web_sub_platform(wire::WebInfo::WEB_BROWSER);
  out.set_connect_type(wire::ClientPayload::WIFI_UNKNOWN);
  out.set_connect_reason(wire::ClientPayload::USER_ACTIVATED);
}

std::string device_props(const ClientProfile& profile) {
  wire::DeviceProps props;
  props.set_os(profile.device_name);
  props.mutable_version()->set_primary(profile.device_version[0]);
  props.mutable_version()->set_secondary(profile.device_version[1]);
  props.mutable_version()->set_tertiary(profile.device_version[2]);
  props.set_platform_type(static_cast<wire::DeviceProps::PlatformType>(profile.platform));
  props.set_require_full_sync(profile.full_history);
  // What all known clients say they can take; the phone leaves out what is not asked for.
  auto& history = *props.mutable_history_sync_config();
  history.set_storage_quota_mb(10240);
  history.set_inline_initial_payload_in_e2ee_msg(true);
  history.set_support_call_log_history(false);
  history.set_support_bot_user_agent_chat_history(true);
  history.set_support_cag_reactions_and_polls(true);
  history.set_support_biz_hosted_msg(true);
  history.set_support_recent_sync_chunk_message_count_tuning(true);
  history.set_support_hosted_group_msg(true);
  history.set_support_fbid_bot_chat_history(true);
  history.set_support_message_association(true);
  history.set_support_group_history(false);
  return props.SerializeAsString();
}

Result<RegistrationRequest> registration_of(const wire::DevicePairingRegistrationData& data) {
  const auto identity = exactly<32>(as_bytes(data.identity()));
  const auto signed_prekey = exactly<32>(as_bytes(data.signed_prekey()));
  const auto signature = exactly<64>(as_bytes(data.signed_prekey_signature()));
  if (!identity || !signed_prekey || !signature || data.registration_id().size() != 4 ||
      data.signed_prekey_id().size() != 3 || data.key_type() != "\x05")
    return Errc::malformed_message;
  if (!signal::verify_signed_prekey(*identity, *signed_prekey, *signature)) return Errc::bad_signature;
  wire::DeviceProps props;
  if (!props.ParseFromString(data.device_props())) return Errc::malformed_message;
  RegistrationRequest out;
  out.registration_id = static_cast<std::uint32_t>(get_be(as_bytes(data.registration_id())));
  out.identity = *identity;
  out.signed_prekey_id = static_cast<std::uint32_t>(get_be(as_bytes(data.signed_prekey_id())));
  out.signed_prekey = *signed_prekey;
  out.signed_prekey_signature = *signature;
  out.build_hash = to_bytes(data.build_hash());
  out.device_props = to_bytes(data.device_props());
  out.device_name = props.os();
  return out;
}

}  // namespace

std::string ClientVersion::str() const {
  return std::to_string(primary) + "." + std::to_string(secondary) + "." + std::to_string(tertiary);
}

std::array<std::uint8_t, 16> build_hash(const ClientVersion& version) {
  return crypto::md5(as_bytes(version.str()));
}

Bytes registration_payload(const DeviceCredentials& credentials, const ClientProfile& profile) {
  wire::ClientPayload out;
  fill_common(out, profile);
  out.set_passive(false);
  out.set_pull(false);
  auto& data = *out.mutable_device_pairing_data();
  data.set_registration_id(big_endian(credentials.registration_id, 4));
  data.set_key_type("\x05");
  data.set_identity(to_text(credentials.identity.pub));
  data.set_signed_prekey_id(big_endian(credentials.signed_prekey.id, 3));
  data.set_signed_prekey(to_text(credentials.signed_prekey.keys.pub));
  data.set_signed_prekey_signature(to_text(credentials.signed_prekey.signature));
  data.set_build_hash(to_text(build_hash(profile.version)));
  data.set_device_props(device_props(profile));
  return bytes_of(out);
}

Result<Bytes> login_payload(const DeviceCredentials& credentials, const ClientProfile& profile) {
  if (!credentials.me) return Errc::invalid_argument;
  const std::string& user = credentials.me->user;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), number);
  if (error != std::errc{} || end != user.data() + user.size()) return Errc::invalid_argument;
  wire::ClientPayload out;
  fill_common(out, profile);
  out.set_username(number);
  out.set_device(credentials.me->device);
  out.set_passive(true);
  out.set_pull(true);
  out.set_lc(static_cast<std::int32_t>(credentials.login_counter & 0x7fffffffU));
  out.set_lid_db_migrated(false);
  return bytes_of(out);
}

Result<Bytes> client_payload(const DeviceCredentials& credentials, const ClientProfile& profile) {
  if (credentials.registered()) return login_payload(credentials, profile);
  return registration_payload(credentials, profile);
}

Result<ClientHelloPayload> parse_client_payload(ByteView bytes) {
  wire::ClientPayload in;
  if (!parse_into(in, bytes)) return Errc::malformed_message;
  ClientHelloPayload out;
  const auto& version = in.user_agent().app_version();
  out.version = {version.primary(), version.secondary(), version.tertiary()};
  out.passive = in.passive();
  out.pull = in.pull();
  out.push_name = in.push_name();
  if (in.has_device_pairing_data() && !in.has_username()) {
    LK_TRY(out.request, registration_of(in.device_pairing_data()));
    return out;
  }
  if (!in.has_username() || in.device() > std::numeric_limits<std::uint16_t>::max()) return Errc::malformed_message;
  out.request = LoginRequest{std::to_string(in.username()), static_cast<std::uint16_t>(in.device()), in.lc()};
  return out;
}

}  // namespace linekeeper::transport
