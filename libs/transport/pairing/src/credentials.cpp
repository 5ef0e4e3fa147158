#include "linekeeper/pairing/credentials.hpp"

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "proto_bytes.hpp"
#include "state/credentials.pb.h"

namespace linekeeper::transport {
namespace {

/// From 2 on the public halves are stored.
constexpr std::uint32_t kVersion = 2;
/// The range that every known client accepts.
constexpr std::uint32_t kMaxRegistrationId = 16380;

/// `pub` is null for a version that did not store it.
std::optional<crypto::KeyPair> pair_of(const std::string& priv, const std::string* pub) {
  const auto key = exactly<32>(as_bytes(priv));
  if (!key) return std::nullopt;
  if (pub == nullptr) return crypto::key_pair_from(SecretKey32(*key));
  const auto half = exactly<32>(as_bytes(*pub));
  if (!half) return std::nullopt;
  return crypto::KeyPair{SecretKey32(*key), *half};
}

/// An address that must have a device, or nothing if absent. False if it is there and wrong.
bool read_jid(bool present, const std::string& text, std::optional<Jid>& to) {
  if (!present) return true;
  to = Jid::parse(text);
  return to && to->is_user();
}

}  // namespace

DeviceCredentials fresh_credentials() {
  DeviceCredentials out;
  out.noise = crypto::generate_key_pair();
  out.identity = crypto::generate_key_pair();
  out.signed_prekey = signal::make_signed_prekey(out.identity, 1);
  out.registration_id = 1 + static_cast<std::uint32_t>(crypto::random_below(kMaxRegistrationId));
  renew_adv_secret(out);
  return out;
}

void renew_adv_secret(DeviceCredentials& credentials) {
  credentials.adv_secret = SecretKey32(crypto::random_key32());
}

Bytes serialize(const DeviceCredentials& c) {
  state::Credentials out;
  out.set_version(kVersion);
  out.set_noise_private(to_text(c.noise.priv.reveal()));
  out.set_identity_private(to_text(c.identity.priv.reveal()));
  out.set_signed_prekey_id(c.signed_prekey.id);
  out.set_signed_prekey_private(to_text(c.signed_prekey.keys.priv.reveal()));
  out.set_signed_prekey_signature(to_text(c.signed_prekey.signature));
  out.set_registration_id(c.registration_id);
  out.set_adv_secret(to_text(c.adv_secret.reveal()));
  out.set_next_prekey_id(c.next_prekey_id);
  if (c.me) out.set_me(c.me->str());
  if (c.lid) out.set_lid(c.lid->str());
  out.set_device_identity(to_text(c.device_identity));
  out.set_platform(c.platform);
  out.set_business_name(c.business_name);
  out.set_client_props(to_text(c.client_props));
  out.set_prekeys_uploaded(c.prekeys_uploaded);
  out.set_routing_info(to_text(c.routing_info));
  out.set_login_counter(c.login_counter);
  out.set_push_name(c.push_name);
  out.set_noise_public(to_text(c.noise.pub));
  out.set_identity_public(to_text(c.identity.pub));
  out.set_signed_prekey_public(to_text(c.signed_prekey.keys.pub));
  if (c.session_era != 0) out.set_session_era(c.session_era);
  return bytes_of(out);
}

Result<DeviceCredentials> parse_credentials(ByteView stored) {
  state::Credentials in;
  if (!parse_into(in, stored) || in.version() == 0) return Errc::malformed_value;
  if (in.version() > kVersion) return Errc::unsupported_version;
  // A curve operation costs more than the rest of a login's reading: what we stored ourselves is not proved again, the
  // seal has done that.
  const bool derive = in.version() < 2;
  const auto noise = pair_of(in.noise_private(), derive ? nullptr : &in.noise_public());
  const auto identity = pair_of(in.identity_private(), derive ? nullptr : &in.identity_public());
  const auto signed_prekey = pair_of(in.signed_prekey_private(), derive ? nullptr : &in.signed_prekey_public());
  const auto signature = exactly<64>(as_bytes(in.signed_prekey_signature()));
  const auto adv_secret = exactly<32>(as_bytes(in.adv_secret()));
  if (!noise || !identity || !signed_prekey || !signature || !adv_secret) return Errc::malformed_value;
  if (derive && !signal::verify_signed_prekey(identity->pub, signed_prekey->pub, *signature)) {
    return Errc::malformed_value;
  }
  if (in.signed_prekey_id() == 0 || in.signed_prekey_id() > signal::kMaxPrekeyId) return Errc::malformed_value;
  if (in.next_prekey_id() == 0 || in.next_prekey_id() > signal::kMaxPrekeyId) return Errc::malformed_value;

  DeviceCredentials out;
  out.noise = *noise;
  out.identity = *identity;
  out.signed_prekey = {in.signed_prekey_id(), *signed_prekey, *signature};
  out.registration_id = in.registration_id();
  out.adv_secret = SecretKey32(*adv_secret);
  out.next_prekey_id = in.next_prekey_id();
  if (!read_jid(in.has_me(), in.me(), out.me) || !read_jid(in.has_lid(), in.lid(), out.lid))
    return Errc::malformed_value;
  out.device_identity = to_bytes(in.device_identity());
  out.platform = in.platform();
  out.business_name = in.business_name();
  out.client_props = to_bytes(in.client_props());
  out.prekeys_uploaded = in.prekeys_uploaded();
  out.routing_info = to_bytes(in.routing_info());
  out.login_counter = in.login_counter();
  out.push_name = in.push_name();
  out.session_era = in.session_era();
  return out;
}

}  // namespace linekeeper::transport
