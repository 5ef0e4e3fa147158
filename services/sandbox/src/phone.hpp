#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core.hpp"
#include "linekeeper/pairing/adv.hpp"
#include "phone_ratchets.hpp"
#include "router.hpp"

namespace linekeeper::sandbox {

/// A message as the person at the phone sees it.
struct Mail {
  std::uint64_t number = 0;  ///< Counts up per phone.
  std::string id;
  Jid from;          ///< The author's device, in the namespace of the chat.
  Jid chat;          ///< The other side; for a copy of what an own companion sent, whom it was sent to.
  bool own = false;  ///< Sent by a companion of this account.
  std::string kind;  ///< text, image, reaction, …
  std::string text;
  std::int64_t time = 0;
  bool read = false;
};

/// What became of a message that the phone sent.
struct SentMail {
  std::string id;
  Jid chat;
  bool peer = false;  ///< For one companion of its own, not for people.
  Bytes plaintext;    ///< What to encrypt again when a device could not read it.
  Bytes own_plaintext;
  std::string kind = "text";
  unsigned delivered = 0;
  unsigned read = 0;
};

/// An account's main device. It holds the account's key, links companions, and is silent otherwise: it confirms nothing
/// and answers nobody, except for what its own companions need from it. Everything else happens when somebody picks it
/// up: send, read, remove.
class Phone {
 public:
  explicit Phone(Account& account);
  ~Phone();
  Phone(const Phone&) = delete;
  Phone& operator=(const Phone&) = delete;

  /// Signs devices, and is the phone's Signal identity.
  const crypto::KeyPair& key() const noexcept { return key_; }

  // Linking.

  /// For the next companion: a key index that was never used.
  transport::AdvDeviceIdentity next_identity(std::int64_t now);
  transport::AdvContainer link(const transport::AdvDeviceIdentity& identity, const Key32& companion,
                               const SecretKey32& adv_secret) const;
  /// Signed by a key that is not the account's, though it says so: what a careful companion refuses.
  transport::AdvContainer link_with_foreign_key(const transport::AdvDeviceIdentity& identity, const Key32& companion,
                                                const SecretKey32& adv_secret) const;
  /// Which links are alive. Signed anew only when that changed.
  const Bytes& signed_key_index_list(std::int64_t now);
  /// A companion is gone.
  void forget(std::uint16_t companion);

  // Keys for others.

  /// The children of a bundle, with a one-time key that nobody else gets.
  void write_bundle(Node& user);
  transport::signal::PreKeyBundle bundle() { return ratchets().bundle(); }

  // Mail.

  /// The first sync messages of a companion that has just drained its first queue.
  void welcome(Core& core, Device& companion);
  void receive(Core& core, const Author& from, const Node& message);
  void on_receipt(Core& core, const Node& receipt);
  /// `receipt` as forwarded: `from` is the device that could not read.
  void on_retry(Core& core, Device& from, const Node& receipt);
  /// To all devices of the recipient and its own others. The message's id.
  std::string send_text(Core& core, const Jid& to, std::string_view text);
  /// Tells every author that what the phone received was read. How many messages.
  std::size_t read_all(Core& core);

  const std::deque<Mail>& inbox() const noexcept { return inbox_; }
  const std::deque<SentMail>& sent() const noexcept { return sent_; }
  std::uint64_t undecryptable() const noexcept { return undecryptable_; }

 private:
  PhoneRatchets& ratchets();
  /// `<enc>` for one device, with a session made if there is none. An empty node if that is impossible.
  Node encrypt_for(Core& core, Account& account, std::uint16_t device, const Bytes& plaintext);
  void send_peer(Core& core, Device& companion, const Bytes& plaintext);
  Bytes sync_key_id() const;
  /// Into the app state, where companions look for it. Once.
  void write_name(Core& core);
  void share_sync_key(Core& core, Device& companion);
  void share_history(Core& core, Device& companion);
  void keep_sent(SentMail mail);

  Account& account_;
  crypto::KeyPair key_;
  std::uint32_t raw_id_;
  std::uint32_t last_key_index_ = 0;
  std::unique_ptr<PhoneRatchets> ratchets_;

  std::vector<std::uint32_t> listed_indexes_;
  Bytes signed_list_;

  std::uint32_t sync_key_id_;
  Key32 sync_key_;
  std::deque<Mail> inbox_;
  std::uint64_t next_mail_ = 1;
  std::deque<SentMail> sent_;
  std::uint64_t undecryptable_ = 0;
};

}  // namespace linekeeper::sandbox
