#include "opening.hpp"

#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/padding.hpp"
#include "wire/message.pb.h"

namespace linekeeper::transport {
namespace {

using message::Cipher;
using message::MessageKind;
using message::RetryReason;

bool has_members(const message::Envelope& envelope) {
  return envelope.kind == MessageKind::group || envelope.kind == MessageKind::broadcast;
}

RetryReason reason_of(error_code error) {
  if (error == Errc::no_session) return RetryReason::no_session;
  if (error == Errc::invalid_prekey_id) return RetryReason::invalid_key_id;
  if (error == Errc::bad_signature) return RetryReason::invalid_signature;
  if (error == Errc::malformed_message) return RetryReason::invalid_message;
  if (error == Errc::decrypt_failed) return RetryReason::bad_mac;
  return RetryReason::unknown;
}

signal::CipherType session_type(Cipher cipher) {
  return cipher == Cipher::prekey ? signal::CipherType::prekey_message : signal::CipherType::message;
}

/// Whether the stored state itself is the trouble, not the message.
bool is_our_fault(error_code error) {
  return error == Errc::malformed_value || error == Errc::unsupported_version || error == Errc::invalid_argument;
}

}  // namespace

Opening::Opening() = default;
Opening::Opening(Opening&&) noexcept = default;
Opening& Opening::operator=(Opening&&) noexcept = default;
Opening::~Opening() = default;

std::vector<std::string> fields_to_open(const message::Envelope& envelope, const Jid& sender) {
  const signal::Address address = signal::address_of(sender);
  std::vector<std::string> fields = signal::session_fields(address);
  if (has_members(envelope)) fields.push_back(signal::sender_key_field(envelope.chat.str(), address));
  for (const auto& sealed : envelope.sealed) {
    if (sealed.cipher != Cipher::prekey) continue;
    const auto facts = signal::inspect_prekey_message(sealed.bytes);
    if (!facts) continue;
    if (facts->prekey_id) fields.push_back(signal::prekey_field(*facts->prekey_id));
    fields.push_back(signal::signed_prekey_field(facts->signed_prekey_id));
  }
  return fields;
}

Opening open_message(signal::Workspace& workspace, const message::Envelope& envelope, const Jid& sender) {
  const signal::Address address = signal::address_of(sender);
  const std::string group = envelope.chat.str();
  Opening out;
  bool failed = false;
  bool duplicate = false;

  const auto fail = [&](error_code error) {
    if (error == Errc::duplicate_message) {
      duplicate = true;
    } else if (is_our_fault(error)) {
      out.broken_record = error;
    } else {
      failed = true;
      out.reason = reason_of(error);
      out.wants_keys = error == Errc::no_session || error == Errc::invalid_prekey_id;
    }
  };

  for (const auto& sealed : envelope.sealed) {
    if (sealed.cipher == Cipher::other) continue;
    out.retry = std::max(out.retry, sealed.retry);
    out.resent = out.resent || sealed.retry > 0;
    // The key for the group's part was in the part that failed; both come again.
    if (failed || out.broken_record) break;

    SecretBytes padded;
    if (sealed.cipher == Cipher::sender_key) {
      auto plain = workspace.decrypt_group(group, address, sealed.bytes);
      if (!plain) {
        fail(plain.error());
        continue;
      }
      padded = std::move(*plain);
    } else {
      auto opened = workspace.decrypt(address, session_type(sealed.cipher), sealed.bytes);
      if (!opened) {
        fail(opened.error());
        continue;
      }
      padded = std::move(opened->plaintext);
    }

    // What does not parse was handled all the same: its ratchet step counts, and asking again would bring the same.
    const auto plain = message::unpad(padded.reveal());
    if (!plain) continue;
    auto parsed = std::make_unique<wire::Message>();
    if (!parsed->ParseFromArray(plain->data(), static_cast<int>(plain->size()))) continue;
    if (has_members(envelope) && sealed.cipher != Cipher::sender_key && parsed->has_sender_key_distribution_message()) {
      const auto& distributed = parsed->sender_key_distribution_message().axolotl_sender_key_distribution_message();
      // The group named inside is the sender's word; the stanza's is the server's.
      const auto taken = workspace.process_distribution(group, address, as_bytes(distributed));
      if (!taken && is_our_fault(taken.error())) out.broken_record = taken.error();
    }
    // A part with keys only must not hide the part with the content.
    const bool keys_only = parsed->has_sender_key_distribution_message() && sealed.cipher != Cipher::sender_key &&
                           envelope.sealed.size() > 1;
    if (out.message && keys_only) continue;
    out.message = std::move(parsed);
    out.raw = SecretBytes(to_bytes(*plain));
  }

  if (failed) {
    out.verdict = Opening::Verdict::failed;
  } else if (out.message) {
    out.verdict = Opening::Verdict::content;
  } else if (duplicate) {
    out.verdict = Opening::Verdict::duplicate;
  }
  return out;
}

}  // namespace linekeeper::transport
