#pragma once

#include <gtest/gtest.h>

#include <map>
#include <span>
#include <string>
#include <vector>

#include "linekeeper/signal/workspace.hpp"

namespace linekeeper::transport::signal {

/// One device with a store of its own. Every operation fetches, works on a fresh workspace and commits: each step is a
/// restart.
class Party {
 public:
  explicit Party(LocalIdentity self) : self_(std::move(self)) {}
  Party() : Party(LocalIdentity{crypto::generate_key_pair(), 4711}) {}

  const LocalIdentity& self() const { return self_; }
  std::map<std::string, Bytes, std::less<>>& store() { return store_; }
  Changes last_changes;

  /// Fetch, work, commit.
  template <typename Body>
  auto in(std::vector<std::string> fields, Body body) {
    Workspace workspace(self_);
    workspace.load(fields, store_);
    struct Commit {
      ~Commit() { party.commit(workspace); }
      Party& party;
      Workspace& workspace;
    } commit{*this, workspace};
    return body(workspace);
  }

  /// Publishes a bundle with a new signed prekey and, if asked, one one-time prekey.
  PreKeyBundle publish(bool one_time, std::uint32_t id = 7) {
    const SignedPrekey signed_prekey = make_signed_prekey(self_.keys, id);
    PreKeyBundle out{self_.registration_id, self_.keys.pub, id, signed_prekey.keys.pub, signed_prekey.signature, {}};
    in({prekey_field(id)}, [&](Workspace& w) {
      w.put_signed_prekey(id, signed_prekey.keys.priv);
      if (!one_time) return;
      const auto keys = generate_prekeys(id, 1);
      ASSERT_TRUE(w.add_prekeys(keys));
      out.one_time = PreKeyBundle::OneTime{id, keys[0].keys.pub};
    });
    return out;
  }

  Result<SessionStart> start(const Address& with, const PreKeyBundle& bundle) {
    return in(session_fields(with), [&](Workspace& w) { return w.start_session(with, bundle); });
  }

  Result<Sealed> encrypt(const Address& to, std::string_view text) {
    return in(session_fields(to), [&](Workspace& w) { return w.encrypt(to, as_bytes(text)); });
  }

  Result<Opened> decrypt(const Address& from, const Sealed& sealed) {
    return in(needed(from, sealed), [&](Workspace& w) { return w.decrypt(from, sealed.type, sealed.bytes); });
  }

  /// The text, or the name of the error.
  std::string read(const Address& from, const Sealed& sealed) {
    const auto opened = decrypt(from, sealed);
    return opened ? to_text(opened->plaintext.reveal()) : "error: " + opened.error().message();
  }

  std::vector<std::string> needed(const Address& from, const Sealed& sealed) const {
    auto fields = session_fields(from);
    if (sealed.type != CipherType::prekey_message) return fields;
    if (const auto facts = inspect_prekey_message(sealed.bytes)) {
      fields.push_back(signed_prekey_field(facts->signed_prekey_id));
      if (facts->prekey_id) fields.push_back(prekey_field(*facts->prekey_id));
    }
    return fields;
  }

 private:
  void commit(Workspace& workspace) {
    last_changes = workspace.take_changes();
    for (const Change& change : last_changes) {
      if (change.value)
        store_[change.field] = *change.value;
      else
        store_.erase(change.field);
    }
  }

  LocalIdentity self_;
  std::map<std::string, Bytes, std::less<>> store_;
};

}  // namespace linekeeper::transport::signal
