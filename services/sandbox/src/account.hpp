#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "device.hpp"
#include "wire.hpp"

namespace linekeeper::sandbox {

class Phone;

/// One collection of an account's app state: patches in order, opaque to the server. Version n is patch n.
struct AppStateCollection {
  std::vector<Bytes> patches;
  std::uint64_t version() const noexcept { return patches.size(); }
  /// The next version. SyncdPatch.version is the server's to fill in.
  void add(ByteView patch);
};

/// Who wants to know when an account comes and goes, and under which name they asked.
struct Watcher {
  Line* line = nullptr;
  Jid asked_as;
};

/// A person: a number, a hidden id, a phone and its companions.
struct Account {
  Account(std::string number, std::string hidden_id);
  ~Account();
  Account(const Account&) = delete;
  Account& operator=(const Account&) = delete;

  /// Its address in the namespace of `like`: a number for number addresses, the hidden id for the others.
  Jid named_like(const Jid& like, std::uint16_t device = 0) const;
  /// The other of its two names.
  Jid other_name(const Jid& like) const;
  const std::string& number() const noexcept { return pn.user; }

  Device* device(std::uint16_t id) const noexcept;  ///< Null for the phone (0) and for what does not exist.
  /// The name that goes with what this device sends.
  const std::string& notify_name(const Device* from) const noexcept;
  bool available() const noexcept;
  std::int64_t last_seen() const noexcept;
  /// The next device number, 1 to 255 without 99, which means a hosted device. A number comes again only when all were
  /// used once. Nothing if all are taken.
  std::optional<std::uint16_t> reserve_device();

  const Jid pn;
  const Jid lid;
  std::string push_name;
  std::string platform = "android";
  std::string about;
  std::int64_t about_since = 0;
  std::uint64_t disappearing_seconds = 0;
  std::int64_t disappearing_since = 0;
  std::map<std::string, std::string> privacy;
  std::set<Jid> blocked;  ///< As the client named them.
  std::map<std::string, AppStateCollection> app_state;
  std::unordered_set<Account*> contacts;             ///< Those it has exchanged messages with.
  bool restricted = false;                           ///< Strangers need its trusted-contact token to write to it.
  std::unordered_map<const Account*, Bytes> trusts;  ///< The tokens it has given out.
  std::vector<Watcher> watchers;

  std::map<std::uint16_t, std::unique_ptr<Device>> companions;
  std::uint64_t login_attempts = 0;  ///< Of any device, granted or refused.
  std::set<std::uint16_t> reserved;  ///< Offered to a companion that has not countersigned yet.
  std::unique_ptr<Phone> phone;

 private:
  std::uint16_t last_device_ = 0;
};

}  // namespace linekeeper::sandbox
