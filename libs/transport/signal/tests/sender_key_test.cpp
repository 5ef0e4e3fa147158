#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "party.hpp"
#include "vector_file.hpp"

namespace linekeeper::transport::signal {
namespace {

const std::string kGroup = "120363000000000001@g.us";

class SenderKeys : public testing::Test {
 protected:
  std::string read(Party& party, const Bytes& message) {
    return party.in({field_}, [&](Workspace& w) {
      const auto plain = w.decrypt_group(kGroup, sender_, message);
      return plain ? to_hex(plain->reveal()) : "error: " + plain.error().message();
    });
  }
  Result<void> process(Party& party, ByteView message) {
    return party.in({field_}, [&](Workspace& w) { return w.process_distribution(kGroup, sender_, message); });
  }
  Bytes distribute(Party& party) {
    return party.in({field_}, [&](Workspace& w) { return w.distribute(kGroup, sender_).value().reveal(); });
  }
  Bytes encrypt(Party& party, std::string_view text) {
    return party.in({field_}, [&](Workspace& w) { return w.encrypt_group(kGroup, sender_, as_bytes(text)).value(); });
  }
  static std::string error(Errc errc) { return "error: " + make_error_code(errc).message(); }

  const nlohmann::json vector_ = vector_file("messaging.json").at("sender_key");
  const Address sender_ = address_of(*Jid::parse("100000000000001:3@lid"));
  const std::string field_ = sender_key_field(kGroup, sender_);
  Party alice_;
  Party bob_;
};

TEST_F(SenderKeys, VectorContiguousMessagesDecryptAndRepeatsAreDuplicates) {
  ASSERT_TRUE(process(bob_, hex(vector_.at("distribution_message"))));
  for (const auto& m : vector_.at("contiguous"))
    EXPECT_EQ(read(bob_, hex(m.at("ciphertext"))), m.at("padded_plaintext").get<std::string>());
  for (const auto& m : vector_.at("contiguous"))
    EXPECT_EQ(read(bob_, hex(m.at("ciphertext"))), error(Errc::duplicate_message));
}

TEST_F(SenderKeys, VectorMessagesDecryptInReverseOrder) {
  ASSERT_TRUE(process(bob_, hex(vector_.at("distribution_message"))));
  const auto& messages = vector_.at("contiguous");
  for (std::size_t i = messages.size(); i-- > 0;)
    EXPECT_EQ(read(bob_, hex(messages[i].at("ciphertext"))), messages[i].at("padded_plaintext").get<std::string>());
}

TEST_F(SenderKeys, VectorBaileysGapsDecrypt) {
  ASSERT_TRUE(process(bob_, hex(vector_.at("distribution_message"))));
  for (const auto& m : vector_.at("baileys_encrypt_sequence"))
    EXPECT_EQ(read(bob_, hex(m.at("ciphertext"))), m.at("padded_plaintext").get<std::string>());
}

TEST_F(SenderKeys, VectorLateDistributionOpensWhatFollowsOnly) {
  ASSERT_TRUE(process(bob_, hex(vector_.at("late_distribution_message_iteration_2"))));
  const auto& messages = vector_.at("contiguous");
  EXPECT_EQ(read(bob_, hex(messages[0].at("ciphertext"))), error(Errc::duplicate_message));
  EXPECT_EQ(read(bob_, hex(messages[2].at("ciphertext"))), messages[2].at("padded_plaintext").get<std::string>());
}

TEST_F(SenderKeys, RepeatedDistributionKeepsChainAndSkippedKeys) {
  ASSERT_TRUE(process(bob_, hex(vector_.at("distribution_message"))));
  const auto& messages = vector_.at("contiguous");
  EXPECT_EQ(read(bob_, hex(messages[2].at("ciphertext"))), messages[2].at("padded_plaintext").get<std::string>());
  ASSERT_TRUE(process(bob_, hex(vector_.at("distribution_message"))));
  EXPECT_EQ(read(bob_, hex(messages[2].at("ciphertext"))), error(Errc::duplicate_message));
  EXPECT_EQ(read(bob_, hex(messages[0].at("ciphertext"))), messages[0].at("padded_plaintext").get<std::string>());
}

TEST_F(SenderKeys, SameIdUnderAnotherSigningKeyReplacesTheChain) {
  ASSERT_TRUE(process(bob_, hex(vector_.at("distribution_message"))));
  Bytes other = hex(vector_.at("distribution_message"));
  const auto strange = crypto::generate_key_pair();
  std::copy(strange.pub.begin(), strange.pub.end(), other.end() - 32);
  ASSERT_TRUE(process(bob_, other));
  EXPECT_EQ(read(bob_, hex(vector_.at("contiguous")[0].at("ciphertext"))), error(Errc::bad_signature));
}

TEST_F(SenderKeys, OwnChainSpeaksFromZeroWithoutGaps) {
  const Bytes first = distribute(alice_);
  EXPECT_EQ(first[0], 0x33);
  ASSERT_TRUE(process(bob_, first));
  Party carol;
  for (int i = 0; i < 20; ++i) {
    if (i == 10) {
      ASSERT_TRUE(process(carol, distribute(alice_)));
    }
    const std::string text = "message " + std::to_string(i);
    const Bytes message = encrypt(alice_, text);
    EXPECT_EQ(message[0], 0x33);
    EXPECT_EQ(read(bob_, message), to_hex(as_bytes(text)));
    EXPECT_EQ(read(carol, message), i < 10 ? error(Errc::no_session) : to_hex(as_bytes(text)));
  }
  // A distribution says where the chain stands, and does not move it.
  EXPECT_EQ(distribute(alice_), distribute(alice_));
}

TEST_F(SenderKeys, NothingIsSentBeforeTheFirstDistribution) {
  alice_.in({field_}, [&](Workspace& w) {
    const auto out = w.encrypt_group(kGroup, sender_, as_bytes("x"));
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error(), Errc::no_session);
  });
  // What a member distributed to us is not ours to send with.
  ASSERT_TRUE(process(bob_, distribute(alice_)));
  bob_.in({field_}, [&](Workspace& w) { EXPECT_FALSE(w.encrypt_group(kGroup, sender_, as_bytes("x"))); });
}

TEST_F(SenderKeys, ErasedChainIsReplacedByANewOne) {
  const Bytes first = distribute(alice_);
  alice_.in({field_}, [&](Workspace& w) { ASSERT_TRUE(w.erase_sender_key(kGroup, sender_)); });
  EXPECT_NE(distribute(alice_), first);
}

TEST_F(SenderKeys, EveryFlippedByteIsRefusedAndChangesNothing) {
  ASSERT_TRUE(process(bob_, distribute(alice_)));
  const Bytes good = encrypt(alice_, "text");
  const auto before = bob_.store();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    EXPECT_TRUE(read(bob_, bad).starts_with("error: ")) << i;
    EXPECT_EQ(bob_.store(), before) << i;
  }
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_TRUE(read(bob_, Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n))).starts_with("error: "));
  EXPECT_EQ(read(bob_, good), to_hex(as_bytes("text")));
}

TEST_F(SenderKeys, HostileDistributionsAreRefused) {
  const Bytes good = hex(vector_.at("distribution_message"));
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_FALSE(process(bob_, Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)))) << n;
  // Chain keys of another length than 32 would make a chain nobody else has.
  const auto chain =
      from_hex("33080110001a0401020304222105fc5bc07147914d304881af611ec50dad04ca976d0173e0be98e74acf1e62c17e");
  ASSERT_TRUE(chain);
  const auto refused = process(bob_, *chain);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::malformed_message);
  EXPECT_TRUE(bob_.store().empty());
}

TEST_F(SenderKeys, FiveChainsPerSenderAreKept) {
  std::vector<Bytes> messages;
  for (int i = 0; i < 6; ++i) {
    Party other;
    ASSERT_TRUE(process(bob_, distribute(other)));
    messages.push_back(encrypt(other, "chain"));
  }
  EXPECT_EQ(read(bob_, messages[0]), error(Errc::no_session));
  for (std::size_t i = 1; i < messages.size(); ++i)
    EXPECT_EQ(read(bob_, messages[i]), to_hex(as_bytes("chain")));
}

TEST_F(SenderKeys, MoreThanTwoThousandAheadIsRefused) {
  ASSERT_TRUE(process(bob_, distribute(alice_)));
  Bytes late;
  alice_.in({field_}, [&](Workspace& w) {
    for (int i = 0; i <= 2001; ++i)
      late = w.encrypt_group(kGroup, sender_, as_bytes("late")).value();
  });
  EXPECT_EQ(read(bob_, late), error(Errc::decrypt_failed));
}

TEST_F(SenderKeys, ChainMovesToTheHiddenId) {
  ASSERT_TRUE(process(bob_, distribute(alice_)));
  const Bytes message = encrypt(alice_, "moved");
  const Address lid{"9_1", 3};
  bob_.in({field_, sender_key_field(kGroup, lid)}, [&](Workspace& w) {
    EXPECT_EQ(w.move_sender_key(kGroup, sender_, lid).value(), Moved::yes);
    EXPECT_EQ(w.move_sender_key(kGroup, sender_, lid).value(), Moved::no);
    EXPECT_EQ(to_text(w.decrypt_group(kGroup, lid, message).value().reveal()), "moved");
  });
  EXPECT_FALSE(bob_.store().contains(field_));
}

}  // namespace
}  // namespace linekeeper::transport::signal
