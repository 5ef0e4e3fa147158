#include "bundles.hpp"

#include "notices.hpp"

namespace linekeeper::sandbox {

namespace {

/// A device hears of it when so few are left, and again with each one when hardly any are.
constexpr std::size_t kLow = 9;
constexpr std::size_t kVeryLow = 4;

}  // namespace

std::optional<OneTimeKey> take_key(Core& core, Device& device) {
  const auto key = device.keys.take();
  if (!key) {
    ++device.counters.keyless_bundles;
    return key;
  }
  ++device.counters.keys_handed_out;
  const std::size_t left = device.keys.left();
  if (left == kLow || left <= kVeryLow) ask_for_keys(core, device);
  return key;
}

transport::signal::PreKeyBundle take_bundle(Core& core, Device& device) {
  transport::signal::PreKeyBundle bundle;
  bundle.registration_id = device.keys.registration_id;
  bundle.identity = device.keys.identity;
  bundle.signed_prekey_id = device.keys.signed_key.id;
  bundle.signed_prekey = device.keys.signed_key.value;
  bundle.signature = device.keys.signed_key.signature;
  if (const auto key = take_key(core, device))
    bundle.one_time = transport::signal::PreKeyBundle::OneTime{key->id, key->value};
  return bundle;
}

}  // namespace linekeeper::sandbox
