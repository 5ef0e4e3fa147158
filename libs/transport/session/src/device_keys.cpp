#include "device_keys.hpp"

namespace linekeeper::transport {

message::DeviceKeys own_device_keys(const DeviceCredentials& credentials) {
  message::DeviceKeys keys;
  keys.registration_id = credentials.registration_id;
  keys.identity = credentials.identity.pub;
  keys.signed_prekey.id = credentials.signed_prekey.id;
  keys.signed_prekey.value = credentials.signed_prekey.keys.pub;
  keys.signed_prekey.signature = credentials.signed_prekey.signature;
  return keys;
}

signal::PreKeyBundle signal_bundle(const message::Bundle& bundle, std::uint32_t registration_id) {
  signal::PreKeyBundle out;
  out.registration_id = registration_id;
  out.identity = bundle.device.identity;
  out.signed_prekey_id = bundle.device.signed_prekey.id;
  out.signed_prekey = bundle.device.signed_prekey.value;
  out.signature = bundle.device.signed_prekey.signature;
  if (bundle.prekey) out.one_time = signal::PreKeyBundle::OneTime{bundle.prekey->id, bundle.prekey->value};
  return out;
}

}  // namespace linekeeper::transport
