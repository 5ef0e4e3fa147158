#pragma once

#include <cstdint>
#include <string>

#include "journal.hpp"
#include "offline_queue.hpp"
#include "prekey_store.hpp"
#include "stay.hpp"

namespace linekeeper::sandbox {

struct Account;
struct Line;

/// What happened to one device since it was linked.
struct DeviceCounters {
  std::uint64_t logins = 0;
  std::uint64_t replaced = 0;  ///< Logins while another connection of the device stood: it was connected twice.
  std::uint64_t messages_sent = 0;
  std::uint64_t messages_repeated = 0;   ///< The device used a message id again (a resend after a retry not counted).
  std::uint64_t messages_to_nobody = 0;  ///< Addressed a device that does not exist.
  std::uint64_t delivered = 0;           ///< Stanzas that went out to it.
  std::uint64_t redelivered = 0;         ///< Of these, more than once.
  std::uint64_t confirmed = 0;
  std::uint64_t retries_asked = 0;  ///< Retry receipts it sent: it could not decrypt.
  std::uint64_t nacks = 0;          ///< Acks with an error.
  std::uint64_t keys_handed_out = 0;
  std::uint64_t keyless_bundles = 0;  ///< Bundles given away without a one-time key.
};

/// A companion of an account, from its pairing until it is removed.
struct Device {
  Device(Account& owner, std::uint16_t number, std::size_t queue_limit, std::size_t journal_limit)
      : account(owner), id(number), queue(queue_limit), journal(journal_limit) {}

  Account& account;
  const std::uint16_t id;  ///< 1 and up; never used again within the account.
  std::uint32_t key_index = 0;
  Key32 noise_key{};      ///< A login must come with it.
  Bytes signed_identity;  ///< ADVSignedDeviceIdentity with both signatures and the account's key.
  std::string system;     ///< What the device calls itself in its properties.
  std::string name;       ///< The push name it announced; empty if none.

  PrekeyStore keys;
  OfflineQueue queue;
  Journal journal;
  Stays stays;
  DeviceCounters counters;

  Line* line = nullptr;        ///< Its one connection, if it has one.
  bool available = false;      ///< It said so on this connection.
  std::int64_t last_seen = 0;  ///< Unix seconds of the last moment it was available.
  bool welcomed = false;       ///< The phone has sent it the first sync messages.
};

}  // namespace linekeeper::sandbox
