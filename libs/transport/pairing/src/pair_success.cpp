#include "linekeeper/pairing/pair_success.hpp"

#include <limits>

#include "linekeeper/pairing/adv.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/phone_number.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::size_t kMaxContainer = 500;

PairRefused refuse(const Node& iq, PairCheck check) {
  switch (check) {
    case PairCheck::hmac:
    case PairCheck::key_sizes:
    case PairCheck::account_signature: return {check, iq_error_to(iq, 401, "not-authorized")};
    case PairCheck::stanza:
    case PairCheck::container:
    case PairCheck::identity:
    case PairCheck::key_index:
    case PairCheck::phone: break;
  }
  return {check, iq_error_to(iq, 500, "internal-error")};
}

Node sign_answer(const Node& iq, const AdvSignedIdentity& identity, std::uint32_t key_index) {
  // The server knows the account's key: official clients leave it out of the answer.
  AdvSignedIdentity stripped = identity;
  stripped.account_key.clear();
  return iq_result_to(iq).add(
      Node("pair-device-sign")
          .add(Node("device-identity").with("key-index", key_index).holding_bytes(encode(stripped))));
}

std::string attr_of(const Node& parent, std::string_view child, std::string_view key) {
  const Node* node = parent.child(child);
  return node != nullptr ? node->attr(key).value_or("") : std::string();
}

}  // namespace

std::string_view name(PairCheck check) noexcept {
  switch (check) {
    case PairCheck::stanza: return "stanza";
    case PairCheck::container: return "container";
    case PairCheck::hmac: return "hmac";
    case PairCheck::identity: return "identity";
    case PairCheck::key_sizes: return "key_sizes";
    case PairCheck::account_signature: return "account_signature";
    case PairCheck::key_index: return "key_index";
    case PairCheck::phone: return "phone_mismatch";
  }
  return "unknown";
}

bool is_pair_success(const Node& iq) noexcept {
  if (iq.tag != "iq" || iq.child("pair-success") == nullptr) return false;
  return iq.attr_is("from", "s.whatsapp.net");
}

PairOutcome verify_pair_success(const Node& iq, const DeviceCredentials& credentials, std::string_view expected_phone) {
  const Node& body = *iq.child("pair-success");
  const Node* sealed = body.child("device-identity");
  const Node* device = body.child("device");
  const auto me = device != nullptr ? device->jid("jid") : std::nullopt;
  if (sealed == nullptr || !me || !me->is_user() || !me->is_pn() || me->device == 0)
    return refuse(iq, PairCheck::stanza);

  if (sealed->bytes().empty() || sealed->bytes().size() > kMaxContainer) return refuse(iq, PairCheck::container);
  const auto container = parse_adv_container(sealed->bytes());
  if (!container) return refuse(iq, PairCheck::container);
  if (!verify_container(*container, credentials.adv_secret)) return refuse(iq, PairCheck::hmac);

  auto identity = parse_adv_signed(container->signed_identity);
  if (!identity) return refuse(iq, PairCheck::identity);
  const auto details = parse_adv_identity(identity->details);
  if (!details) return refuse(iq, PairCheck::identity);
  if (identity->account_key.size() != 32 || identity->account_signature.size() != 64)
    return refuse(iq, PairCheck::key_sizes);
  if (!verify_account_signature(*identity, details->device_type.value_or(AdvType::e2ee), credentials.identity.pub))
    return refuse(iq, PairCheck::account_signature);
  if (!details->key_index) return refuse(iq, PairCheck::key_index);
  if (!expected_phone.empty() && match_phone(expected_phone, *me) == PhoneMatch::mismatch)
    return refuse(iq, PairCheck::phone);

  sign_device(*identity, credentials.identity);
  PairAccepted out;
  out.key_index = *details->key_index;
  out.answer = sign_answer(iq, *identity, out.key_index);
  out.country = attr_of(body, "jurisdiction", "iso");
  if (const auto time = iq.number("t"); time && *time <= std::numeric_limits<std::int64_t>::max())
    out.server_time = static_cast<std::int64_t>(*time);
  out.credentials = credentials;
  out.credentials.me = *me;
  out.credentials.lid = device->jid("lid");
  if (out.credentials.lid && !out.credentials.lid->is_lid()) out.credentials.lid.reset();
  out.credentials.device_identity = encode(*identity);
  out.credentials.platform = attr_of(body, "platform", "name");
  out.credentials.business_name = attr_of(body, "biz", "name");
  if (const Node* props = body.child("client-props")) out.credentials.client_props = to_bytes(props->bytes());
  return out;
}

Node refuse_pair_success(const Node& iq) {
  return iq_error_to(iq, 500, "internal-error");
}

}  // namespace linekeeper::transport
