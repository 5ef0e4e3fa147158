#include "phone_ratchets.hpp"

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "linekeeper/message/padding.hpp"
#include "linekeeper/signal/workspace.hpp"

namespace linekeeper::sandbox {

namespace signal = transport::signal;

namespace {

signal::Workspace workspace_for(const crypto::KeyPair& identity, std::uint32_t registration_id,
                                const signal::Fetched& records, const std::vector<std::string>& fields) {
  signal::Workspace workspace({identity, registration_id});
  workspace.load(fields, records);
  return workspace;
}

}  // namespace

PhoneRatchets::PhoneRatchets(crypto::KeyPair identity)
    : identity_(std::move(identity)),
      registration_id_(static_cast<std::uint32_t>(1 + crypto::random_below(16380))),
      signed_prekey_(signal::make_signed_prekey(identity_, 1)) {
  signal::Workspace workspace({identity_, registration_id_});
  workspace.load(signal::signed_prekey_field(1), std::nullopt);
  workspace.put_signed_prekey(1, signed_prekey_.keys.priv);
  apply(workspace.take_changes());
}

void PhoneRatchets::apply(const signal::Changes& changes) {
  for (const signal::Change& change : changes) {
    if (change.value)
      records_[change.field] = *change.value;
    else
      records_.erase(change.field);
  }
}

signal::PreKeyBundle PhoneRatchets::bundle() {
  const std::uint32_t id = next_prekey_;
  next_prekey_ = signal::prekey_id_after(id, 1);
  const auto fresh = signal::generate_prekeys(id, 1);
  auto workspace = workspace_for(identity_, registration_id_, records_, {signal::prekey_field(id)});
  if (workspace.add_prekeys(fresh)) apply(workspace.take_changes());

  signal::PreKeyBundle bundle;
  bundle.registration_id = registration_id_;
  bundle.identity = identity_.pub;
  bundle.signed_prekey_id = signed_prekey_.id;
  bundle.signed_prekey = signed_prekey_.keys.pub;
  bundle.signature = signed_prekey_.signature;
  bundle.one_time = signal::PreKeyBundle::OneTime{id, fresh.front().keys.pub};
  return bundle;
}

bool PhoneRatchets::has_session(const transport::Jid& device) {
  const auto address = signal::address_of(device);
  const auto workspace = workspace_for(identity_, registration_id_, records_, signal::session_fields(address));
  const auto session = workspace.session(address);
  return session && session->has_value();
}

Result<void> PhoneRatchets::start_session(const transport::Jid& device, const signal::PreKeyBundle& bundle) {
  const auto address = signal::address_of(device);
  auto workspace = workspace_for(identity_, registration_id_, records_, signal::session_fields(address));
  LK_CHECK(workspace.start_session(address, bundle));
  apply(workspace.take_changes());
  return ok();
}

Result<signal::Sealed> PhoneRatchets::encrypt(const transport::Jid& device, Bytes plaintext) {
  const auto address = signal::address_of(device);
  auto workspace = workspace_for(identity_, registration_id_, records_, signal::session_fields(address));
  transport::message::pad(plaintext);
  auto sealed = workspace.encrypt(address, plaintext);
  if (sealed) apply(workspace.take_changes());
  return sealed;
}

Result<Bytes> PhoneRatchets::decrypt(const transport::Jid& device, signal::CipherType type, ByteView sealed) {
  const auto address = signal::address_of(device);
  std::vector<std::string> fields = signal::session_fields(address);
  if (type == signal::CipherType::prekey_message) {
    LK_TRY(const auto facts, signal::inspect_prekey_message(sealed));
    if (facts.prekey_id) fields.push_back(signal::prekey_field(*facts.prekey_id));
    fields.push_back(signal::signed_prekey_field(facts.signed_prekey_id));
  }
  auto workspace = workspace_for(identity_, registration_id_, records_, fields);
  LK_TRY(const signal::Opened opened, workspace.decrypt(address, type, sealed));
  apply(workspace.take_changes());
  LK_TRY(const ByteView plain, transport::message::unpad(opened.plaintext.reveal()));
  return to_bytes(plain);
}

void PhoneRatchets::forget(const transport::Jid& device) {
  const auto address = signal::address_of(device);
  for (const std::string& field : signal::session_fields(address))
    records_.erase(field);
}

}  // namespace linekeeper::sandbox
