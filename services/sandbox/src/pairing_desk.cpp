#include "pairing_desk.hpp"

#include <algorithm>

#include "linekeeper/crypto/random.hpp"
#include "linekeeper/pairing/adv.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/qr.hpp"
#include "notices.hpp"
#include "phone.hpp"

namespace linekeeper::sandbox {

namespace {

constexpr std::size_t kRefs = 6;

void undo(Core& core, Line& line) {
  const PendingLink& pending = *line.registration->pending;
  pending.account->reserved.erase(pending.device);
  line.registration->pending.reset();
  ++core.counters.pairings_failed;
}

/// A companion that does not prove its identity key, or an answer to something else than what was offered.
bool countersigned(const PendingLink& pending, const transport::DeviceSign& sign,
                   const transport::AdvSignedIdentity& identity, const Key32& device_identity) {
  if (sign.key_index != pending.key_index) return false;
  if (identity.details != pending.details || identity.account_signature != pending.account_signature) return false;
  return transport::verify_device_signature(identity, device_identity, pending.account->phone->key().pub);
}

/// The device exists from here on; its connection ends with 515, and it comes back with a login.
void complete(Core& core, Line& line, transport::AdvSignedIdentity identity) {
  Registration& registration = *line.registration;
  const PendingLink pending = std::move(*registration.pending);
  registration.pending.reset();
  Account& account = *pending.account;

  auto device =
      std::make_unique<Device>(account, pending.device, core.settings.queue_limit, core.settings.journal_limit);
  device->key_index = pending.key_index;
  device->noise_key = registration.noise_key;
  device->keys = std::move(registration.keys);
  device->system = registration.system;
  device->name = registration.push_name;
  device->journal = line.journal;
  const Key32& account_key = account.phone->key().pub;
  identity.account_key.assign(account_key.begin(), account_key.end());
  device->signed_identity = transport::encode(identity);
  Device& made = *device;
  account.reserved.erase(made.id);
  account.companions.emplace(made.id, std::move(device));
  ++core.counters.pairings;

  core.end(line, stream_error(515));
  announce_added_device(core, made);
}

}  // namespace

std::string_view describe(LinkError error) noexcept {
  switch (error) {
    case LinkError::none: return "linked";
    case LinkError::malformed_qr: return "this is not the text of a linking QR";
    case LinkError::unknown_ref: return "no connected client shows this QR any more: take the present one";
    case LinkError::wrong_keys: return "the QR's keys are not those of the client that shows it";
    case LinkError::busy: return "this client is being linked already";
    case LinkError::too_many: return "this phone has as many linked devices as it may";
    case LinkError::refreshed: return "refused as ordered; the client was told to show a new QR";
    case LinkError::unknown_code: return "no connected client asked this phone for a code in the last three minutes";
    case LinkError::malformed_code: return "a code has eight characters of 123456789ABCDEFGHJKLMNPQRSTVWXYZ";
  }
  return "";
}

void abandon_link(Core& core, Line& line) {
  if (line.registration && line.registration->pending) undo(core, line);
}

void greet_registration(Core& core, Line& line, Registration registration) {
  for (std::size_t i = 0; i < kRefs; ++i) {
    std::string ref = "2@" + to_base64(crypto::random_bytes(24));
    core.refs[ref] = line.id;
    registration.refs.push_back(std::move(ref));
  }
  line.registration = std::make_unique<Registration>(std::move(registration));
  core.send(line, transport::pair_device(core.next_id(), line.registration->refs));
}

LinkOffer scan_qr(Core& core, std::string_view text, Account* phone) {
  const auto qr = transport::parse_qr(text, true);
  if (!qr) return {LinkError::malformed_qr};
  const auto ref = core.refs.find(qr->ref);
  if (ref == core.refs.end()) return {LinkError::unknown_ref};
  Line* line = core.line(ref->second);
  if (line == nullptr || !line->registration) return {LinkError::unknown_ref};
  Registration& registration = *line->registration;
  if (registration.noise_key != qr->noise || registration.keys.identity != qr->identity) return {LinkError::wrong_keys};
  if (phone == nullptr) phone = core.directory.by_push_name(registration.push_name);
  if (phone == nullptr) {
    phone = &core.directory.create();
    phone->push_name = registration.push_name.empty() ? "Phone " + phone->number() : registration.push_name;
  }
  return offer_link(core, *line, *phone, qr->adv_secret);
}

LinkOffer offer_link(Core& core, Line& line, Account& account, const SecretKey32& adv_secret) {
  Registration& registration = *line.registration;
  if (registration.pending) return {LinkError::busy};
  const std::size_t most = core.settings.max_companions;
  if (most != 0 && account.companions.size() >= most) return {LinkError::too_many};

  std::string variant;
  if (!core.faults.all().empty())
    if (const auto fault = core.faults.take("pairing", {line.id, account.number(), -1}))
      variant = fault->text("variant");
  if (variant == "refresh") {
    core.send(line, Node("notification")
                        .with("from", transport::server_jid())
                        .with("type", "companion_reg_refresh")
                        .with("id", core.next_id())
                        .with("t", core.now())
                        .add(Node("pair-device-rotate-qr")));
    return {LinkError::refreshed, &account};
  }

  transport::AdvDeviceIdentity identity = account.phone->next_identity(core.now());
  const std::uint32_t key_index = *identity.key_index;
  if (variant == "no-key-index") identity.key_index.reset();
  transport::AdvContainer container = account.phone->link(identity, registration.keys.identity, adv_secret);
  if (variant == "wrong-hmac") container.hmac.front() ^= 0x01;
  if (variant == "wrong-signature")
    container = account.phone->link_with_foreign_key(identity, registration.keys.identity, adv_secret);
  auto parsed = transport::parse_adv_signed(container.signed_identity);

  const auto number = account.reserve_device();
  if (!number) return {LinkError::too_many};
  PendingLink pending;
  pending.iq_id = core.next_id();
  pending.account = &account;
  pending.device = *number;
  pending.key_index = key_index;
  pending.details = parsed->details;
  pending.account_signature = parsed->account_signature;

  transport::PairSuccessParts parts;
  parts.id = pending.iq_id;
  parts.time = core.now();
  parts.container = transport::encode(container);
  parts.device = account.pn.with_device(pending.device);
  parts.lid = account.lid.with_device(pending.device);
  parts.platform = account.platform;
  const LinkOffer offer{LinkError::none, &account, pending.device};
  core.timers.at(core.clock_ms() + kCountersignTimeout, [&core, id = line.id, iq = pending.iq_id] {
    Line* still = core.line(id);
    if (still != nullptr && still->registration && still->registration->pending &&
        still->registration->pending->iq_id == iq)
      undo(core, *still);
  });
  registration.pending = std::move(pending);
  core.send(line, transport::pair_success(parts));
  return offer;
}

bool on_link_answer(Core& core, Line& line, const Node& iq) {
  Registration& registration = *line.registration;
  if (!registration.pending || iq.attr("id") != registration.pending->iq_id) return false;
  if (!iq.attr_is("type", "result")) {
    undo(core, line);
    return true;
  }
  const auto sign = transport::parse_pair_device_sign(iq);
  auto identity = sign ? transport::parse_adv_signed(sign->identity) : sign.error();
  if (!identity || !countersigned(*registration.pending, *sign, *identity, registration.keys.identity)) {
    undo(core, line);
    core.end(line, stream_error(401));
    return true;
  }
  complete(core, line, std::move(*identity));
  return true;
}

}  // namespace linekeeper::sandbox
