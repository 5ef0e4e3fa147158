#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "linekeeper/signal/random.hpp"
#include "party.hpp"
#include "vector_file.hpp"

namespace linekeeper::transport::signal {
namespace {

/// Hands out the vector's private keys in their order.
ScopedRandom::Source from_queue(std::deque<Bytes>& queue) {
  return [&queue](std::span<std::uint8_t> out) {
    if (queue.empty() || queue.front().size() != out.size()) throw std::runtime_error("unexpected draw of randomness");
    std::copy(queue.front().begin(), queue.front().end(), out.begin());
    queue.pop_front();
  };
}

std::deque<Bytes> keys_of(const nlohmann::json& list) {
  std::deque<Bytes> out;
  for (const auto& entry : list)
    out.push_back(hex(entry.at("private")));
  return out;
}

LocalIdentity identity_of(const nlohmann::json& who) {
  return {crypto::key_pair_from(key(who.at("identity").at("private"))), who.at("registration_id").get<std::uint32_t>()};
}

class SessionVectors : public testing::TestWithParam<std::string> {
 protected:
  SessionVectors() {
    const auto& s = vector_.at("bob").at("signed_prekey");
    bundle_.registration_id = vector_.at("bob").at("registration_id");
    bundle_.identity = key(vector_.at("bob").at("identity").at("public_raw"));
    bundle_.signed_prekey_id = s.at("id");
    bundle_.signed_prekey = key(s.at("public_raw"));
    bundle_.signature = exactly<64>(hex(s.at("signature"))).value();
    std::vector<std::string> fields;
    if (vector_.at("one_time_prekey_used").get<bool>()) {
      const auto& o = vector_.at("bob").at("one_time_prekey");
      bundle_.one_time = PreKeyBundle::OneTime{o.at("id"), key(o.at("public_raw"))};
      fields.push_back(prekey_field(bundle_.one_time->id));
    }
    bob_.in(fields, [&](Workspace& w) {
      w.put_signed_prekey(s.at("id"), SecretKey32(key(s.at("private"))));
      if (!bundle_.one_time) return;
      const auto& o = vector_.at("bob").at("one_time_prekey");
      const Prekey prekey{o.at("id"), crypto::key_pair_from(key(o.at("private")))};
      ASSERT_TRUE(w.add_prekeys({&prekey, 1}));
    });
  }

  const nlohmann::json& step(const std::string& name) const {
    for (const auto& s : vector_.at("steps"))
      if (s.at("name") == name) return s;
    throw std::runtime_error("no step " + name);
  }
  static Sealed sealed(const nlohmann::json& step) {
    return {cipher_type_from(step.at("type").get<std::string>()).value(), hex(step.at("ciphertext"))};
  }

  const nlohmann::json vector_ = vector_file("messaging.json").at("signal").at(GetParam());
  const Address alice_name_ = address_of(*Jid::parse(vector_.at("alice").at("address").get<std::string>()));
  const Address bob_name_ = address_of(*Jid::parse(vector_.at("bob").at("address").get<std::string>()));
  Party alice_{identity_of(vector_.at("alice"))};
  Party bob_{identity_of(vector_.at("bob"))};
  std::deque<Bytes> alice_keys_ = keys_of(vector_.at("generated_keys").at("alice"));
  std::deque<Bytes> bob_keys_ = keys_of(vector_.at("generated_keys").at("bob"));
  PreKeyBundle bundle_;
};

TEST_P(SessionVectors, EveryCiphertextIsReproducedByteForByte) {
  const auto send = [&](Party& party, std::deque<Bytes>& keys, const Address& to, const std::string& name) {
    SCOPED_TRACE(name);
    const ScopedRandom random(from_queue(keys));
    const auto& s = step(name);
    const auto out = party.encrypt(to, as_text(hex(s.at("padded_plaintext"))));
    ASSERT_TRUE(out) << out.error().message();
    EXPECT_EQ(signal::name(out->type), s.at("type").get<std::string>());
    EXPECT_EQ(to_hex(out->bytes), s.at("ciphertext").get<std::string>());
  };
  const auto receive = [&](Party& party, std::deque<Bytes>& keys, const Address& from, const std::string& name) {
    SCOPED_TRACE(name);
    const ScopedRandom random(from_queue(keys));
    EXPECT_EQ(to_hex(as_bytes(party.read(from, sealed(step(name))))), step(name).at("padded_plaintext"));
  };
  {
    const ScopedRandom random(from_queue(alice_keys_));
    ASSERT_TRUE(alice_.start(bob_name_, bundle_));
  }
  for (const char* name : {"A1", "A2", "A3"})
    send(alice_, alice_keys_, bob_name_, name);
  for (const char* name : {"A1", "A2", "A3"})
    receive(bob_, bob_keys_, alice_name_, name);
  for (const char* name : {"B1", "B2"})
    send(bob_, bob_keys_, alice_name_, name);
  for (const char* name : {"B1", "B2"})
    receive(alice_, alice_keys_, bob_name_, name);
  for (const char* name : {"A4", "A5", "A6", "A7"})
    send(alice_, alice_keys_, bob_name_, name);
  for (const char* name : {"A4", "A7", "A5", "A6"})
    receive(bob_, bob_keys_, alice_name_, name);
  send(bob_, bob_keys_, alice_name_, "B3");
  receive(alice_, alice_keys_, bob_name_, "B3");
  EXPECT_TRUE(alice_keys_.empty());
  EXPECT_TRUE(bob_keys_.empty());
}

TEST_P(SessionVectors, ForeignCiphertextsDecryptOutOfOrderAndRepeatsAreDuplicates) {
  {
    const ScopedRandom random(from_queue(alice_keys_));
    ASSERT_TRUE(alice_.start(bob_name_, bundle_));
  }
  std::set<std::string> seen;
  for (const auto& entry : vector_.at("delivery_order_checked")) {
    const std::string name = entry.get<std::string>().substr(0, 2);
    SCOPED_TRACE(entry.get<std::string>());
    const auto& s = step(name);
    const bool to_bob = s.at("dir") == "A->B";
    const ScopedRandom random(from_queue(to_bob ? bob_keys_ : alice_keys_));
    Party& receiver = to_bob ? bob_ : alice_;
    const auto before = receiver.store();
    const auto opened = receiver.decrypt(to_bob ? alice_name_ : bob_name_, sealed(s));
    if (seen.insert(name).second) {
      ASSERT_TRUE(opened) << opened.error().message();
      EXPECT_EQ(to_hex(opened->plaintext.reveal()), s.at("padded_plaintext").get<std::string>());
      EXPECT_FALSE(opened->identity_changed);
      EXPECT_EQ(opened->used_prekey.has_value(), name == "A1" && bundle_.one_time.has_value());
    } else {
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error(), Errc::duplicate_message);
      EXPECT_EQ(receiver.store(), before);
    }
  }
}

TEST_P(SessionVectors, PrekeyMessageTellsWhatItNeeds) {
  const auto facts = inspect_prekey_message(hex(step("A1").at("ciphertext")));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->registration_id, vector_.at("alice").at("registration_id").get<std::uint32_t>());
  EXPECT_EQ(facts->identity, key(vector_.at("alice").at("identity").at("public_raw")));
  EXPECT_EQ(facts->base_key, key(vector_.at("generated_keys").at("alice").at(0).at("public_raw")));
  EXPECT_EQ(facts->signed_prekey_id, bundle_.signed_prekey_id);
  EXPECT_EQ(facts->prekey_id.has_value(), bundle_.one_time.has_value());
  if (bundle_.one_time) {
    EXPECT_EQ(*facts->prekey_id, bundle_.one_time->id);
  }
}

TEST_P(SessionVectors, BundleIsRefusedWhenItsSignatureIsNotTheIdentitys) {
  bundle_.signature[10] ^= 1;
  const auto refused = alice_.start(bob_name_, bundle_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::bad_signature);
  EXPECT_TRUE(alice_.store().empty());
}

INSTANTIATE_TEST_SUITE_P(Messaging, SessionVectors, testing::Values("one_time_prekey", "no_one_time_prekey"),
                         [](const auto& vector) { return vector.param; });

}  // namespace
}  // namespace linekeeper::transport::signal
