#include <gtest/gtest.h>

#include <random>
#include <set>

#include "linekeeper/base/errc.hpp"
#include "party.hpp"

namespace linekeeper::transport::signal {
namespace {

const Address kAlice{"15550001111", 0};
const Address kBob{"100000000000002_1", 3};

std::string error(Errc errc) {
  return "error: " + make_error_code(errc).message();
}

class Sessions : public testing::Test {
 protected:
  void start(bool one_time = true) { ASSERT_TRUE(alice_.start(kBob, bob_.publish(one_time))); }
  Sealed from_alice(std::string_view text) { return alice_.encrypt(kBob, text).value(); }
  Sealed from_bob(std::string_view text) { return bob_.encrypt(kAlice, text).value(); }

  Party alice_;
  Party bob_;
};

TEST_F(Sessions, TalkBothWaysWithARestartAtEveryStep) {
  start();
  for (int round = 0; round < 8; ++round) {
    const std::string text = "round " + std::to_string(round);
    const Sealed there = from_alice(text);
    EXPECT_EQ(there.type, round == 0 ? CipherType::prekey_message : CipherType::message);
    EXPECT_EQ(bob_.read(kAlice, there), text);
    const Sealed back = from_bob(text + " back");
    EXPECT_EQ(back.type, CipherType::message);
    EXPECT_EQ(alice_.read(kBob, back), text + " back");
  }
}

TEST_F(Sessions, ShuffledDeliveryLosesAndRepeatsNothing) {
  std::mt19937 random(20);
  for (int run = 0; run < 10; ++run) {
    SCOPED_TRACE(run);
    alice_ = Party();
    bob_ = Party();
    start(run % 2 == 0);
    struct InFlight {
      bool to_bob;
      Sealed sealed;
      std::string text;
    };
    std::vector<InFlight> wire;
    std::vector<Sealed> delivered_to_bob;
    bool bob_knows = false;
    for (int i = 0; i < 120; ++i) {
      if (wire.empty() || random() % 2 == 0) {
        const bool to_bob = !bob_knows || random() % 2 == 0;
        const std::string text = "m" + std::to_string(i);
        wire.push_back({to_bob, to_bob ? from_alice(text) : from_bob(text), text});
        continue;
      }
      const auto at = wire.begin() + static_cast<std::ptrdiff_t>(random() % wire.size());
      if (at->to_bob) {
        EXPECT_EQ(bob_.read(kAlice, at->sealed), at->text);
        bob_knows = true;
        delivered_to_bob.push_back(at->sealed);
      } else {
        EXPECT_EQ(alice_.read(kBob, at->sealed), at->text);
      }
      wire.erase(at);
    }
    for (const Sealed& sealed : delivered_to_bob)
      EXPECT_TRUE(bob_.read(kAlice, sealed).starts_with("error: "));
  }
}

TEST_F(Sessions, OneTimePrekeyIsConsumedByTheFirstGoodMessageOnly) {
  start();
  const Sealed first = from_alice("one");
  const Sealed second = from_alice("two");
  Sealed broken = first;
  broken.bytes[broken.bytes.size() - 6] ^= 1;  // the last byte of the inner MAC: registration and key id follow
  EXPECT_EQ(bob_.read(kAlice, broken), error(Errc::decrypt_failed));
  EXPECT_TRUE(bob_.store().contains(prekey_field(7)));
  EXPECT_EQ(bob_.read(kAlice, first), "one");
  EXPECT_FALSE(bob_.store().contains(prekey_field(7)));
  // The same base key: the session is known and no prekey needed.
  EXPECT_EQ(bob_.read(kAlice, second), "two");
}

TEST_F(Sessions, UnknownPrekeysAreNamed) {
  start();
  const Sealed first = from_alice("one");
  auto stock = bob_.store();
  bob_.store().erase(prekey_field(7));
  EXPECT_EQ(bob_.read(kAlice, first), error(Errc::invalid_prekey_id));
  bob_.store() = stock;
  bob_.store().erase(signed_prekey_field(7));
  EXPECT_EQ(bob_.read(kAlice, first), error(Errc::invalid_prekey_id));
  EXPECT_FALSE(bob_.store().contains(session_field(kAlice)));
}

TEST_F(Sessions, NoSessionIsNamed) {
  start();
  EXPECT_EQ(bob_.read(kAlice, from_alice("x")), "x");
  const Sealed reply = from_bob("y");
  Party carol;
  EXPECT_EQ(carol.read(kBob, reply), error(Errc::no_session));
  const auto nothing = carol.encrypt(kBob, "z");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error(), Errc::no_session);
}

TEST_F(Sessions, RecordsThatWereNotFetchedAreNotTakenForAbsent) {
  start();
  const Sealed first = from_alice("x");
  Workspace workspace(bob_.self());
  const auto refused = workspace.decrypt(kAlice, first.type, first.bytes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::invalid_argument);
  EXPECT_TRUE(workspace.take_changes().empty());
  workspace.load(session_fields(kAlice), {});
  EXPECT_EQ(workspace.decrypt(kAlice, first.type, first.bytes).error(), Errc::invalid_argument);
}

TEST_F(Sessions, StoredRubbishIsNamed) {
  start();
  const Sealed first = from_alice("x");
  bob_.store()[session_field(kAlice)] = {0xff, 0x00, 0x12};
  EXPECT_EQ(bob_.read(kAlice, first), error(Errc::malformed_value));
  bob_.store().erase(session_field(kAlice));
  bob_.store()[prekey_field(7)] = {0x01};
  EXPECT_EQ(bob_.read(kAlice, first), error(Errc::malformed_value));
}

TEST_F(Sessions, EveryFlippedByteIsRefusedAndChangesNothing) {
  start();
  const Sealed first = from_alice("first");
  const auto try_all = [&](Party& receiver, const Address& from, const Sealed& good) {
    const auto before = receiver.store();
    for (std::size_t i = 0; i < good.bytes.size(); ++i) {
      Sealed bad = good;
      bad.bytes[i] ^= 0x01;
      const std::string got = receiver.read(from, bad);
      if (!got.starts_with("error: ")) {
        // The envelope of a pkmsg is not authenticated as a whole: what the session does not use may change.
        EXPECT_EQ(good.type, CipherType::prekey_message) << i;
        receiver.store() = before;
        continue;
      }
      EXPECT_EQ(receiver.store(), before) << i;
    }
    for (std::size_t n = 0; n < good.bytes.size(); ++n) {
      const Sealed cut{good.type, Bytes(good.bytes.begin(), good.bytes.begin() + static_cast<std::ptrdiff_t>(n))};
      if (receiver.read(from, cut).starts_with("error: ")) {
        EXPECT_EQ(receiver.store(), before);
      }
      receiver.store() = before;
    }
  };
  try_all(bob_, kAlice, first);
  EXPECT_EQ(bob_.read(kAlice, first), "first");
  const Sealed reply = from_bob("reply");
  try_all(alice_, kBob, reply);
  EXPECT_EQ(alice_.read(kBob, reply), "reply");
}

TEST_F(Sessions, HostileBytesAreRefused) {
  start();
  std::mt19937 random(7);
  const Bytes seed = from_alice("seed").bytes;
  const auto before = bob_.store();
  for (int i = 0; i < 3000; ++i) {
    Bytes bytes = seed;
    for (unsigned n = 1 + random() % 6; n > 0; --n)
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    if (random() % 3 == 0) bytes.resize(random() % bytes.size());
    const Sealed hostile{random() % 2 == 0 ? CipherType::prekey_message : CipherType::message, bytes};
    if (bob_.read(kAlice, hostile).starts_with("error: ")) {
      EXPECT_EQ(bob_.store(), before);
    }
    bob_.store() = before;
  }
}

TEST_F(Sessions, CrossingFirstMessagesBothArrive) {
  ASSERT_TRUE(alice_.start(kBob, bob_.publish(true)));
  ASSERT_TRUE(bob_.start(kAlice, alice_.publish(true)));
  const Sealed from_a = from_alice("from alice");
  const Sealed from_b = from_bob("from bob");
  EXPECT_EQ(bob_.read(kAlice, from_a), "from alice");
  EXPECT_EQ(alice_.read(kBob, from_b), "from bob");
  for (int i = 0; i < 4; ++i) {
    const Sealed a = from_alice("a");
    const Sealed b = from_bob("b");
    EXPECT_EQ(bob_.read(kAlice, a), "a");
    EXPECT_EQ(alice_.read(kBob, b), "b");
  }
}

TEST_F(Sessions, ReinstalledPeerIsAcceptedAndReportedAndOldMessagesStillDecrypt) {
  start();
  EXPECT_EQ(bob_.read(kAlice, from_alice("hello")), "hello");
  const Sealed in_flight = from_alice("in flight");
  Party reinstalled;
  ASSERT_TRUE(reinstalled.start(kBob, bob_.publish(true, 40)));
  const auto opened = bob_.decrypt(kAlice, reinstalled.encrypt(kBob, "new phone").value());
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->identity_changed);
  EXPECT_EQ(opened->used_prekey, 40U);
  bob_.in(session_fields(kAlice), [&](Workspace& w) {
    EXPECT_EQ(w.identity(kAlice).value(), reinstalled.self().keys.pub);
    EXPECT_EQ(w.session(kAlice).value()->identity, reinstalled.self().keys.pub);
  });
  EXPECT_EQ(bob_.read(kAlice, in_flight), "in flight");
}

TEST_F(Sessions, ClaimedIdentityCountsOnlyIfTheSessionProvesIt) {
  start();
  EXPECT_EQ(bob_.read(kAlice, from_alice("one")), "one");
  // A later pkmsg of the known session, with another identity written into its envelope.
  Sealed forged = from_alice("two");
  const auto& real = alice_.self().keys.pub;
  const auto at = std::search(forged.bytes.begin(), forged.bytes.end(), real.begin(), real.end());
  ASSERT_NE(at, forged.bytes.end());
  const auto strange = crypto::generate_key_pair().pub;
  std::copy(strange.begin(), strange.end(), at);
  const auto opened = bob_.decrypt(kAlice, forged);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->identity_changed);
  bob_.in(session_fields(kAlice), [&](Workspace& w) { EXPECT_EQ(w.identity(kAlice).value(), real); });
}

TEST_F(Sessions, ArchiveKeepsFiveSessions) {
  std::vector<Sealed> firsts;
  for (std::uint32_t i = 0; i < 9; ++i) {
    ASSERT_TRUE(alice_.start(kBob, bob_.publish(true, 100 + i)));
    EXPECT_EQ(bob_.read(kAlice, from_alice("hello")), "hello");
    firsts.push_back(from_alice("late " + std::to_string(i)));
  }
  const std::size_t size = bob_.store().at(session_field(kAlice)).size();
  EXPECT_LT(size, 6 * 700U);
  // The session in use and five archived ones; before those the prekey is asked for, and gone.
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(bob_.read(kAlice, firsts[i]), error(Errc::invalid_prekey_id)) << i;
  for (std::size_t i = 3; i < 9; ++i)
    EXPECT_EQ(bob_.read(kAlice, firsts[i]), "late " + std::to_string(i));
}

TEST_F(Sessions, SkippedKeysAreBounded) {
  start();
  EXPECT_EQ(bob_.read(kAlice, from_alice("hello")), "hello");
  Sealed oldest;
  for (int chain = 0; chain < 3; ++chain) {
    // A reply turns the ratchet, so that each round skips in a chain of its own.
    EXPECT_EQ(alice_.read(kBob, from_bob("turn")), "turn");
    Sealed last;
    alice_.in(session_fields(kBob), [&](Workspace& w) {
      for (int i = 0; i < 1500; ++i) {
        last = w.encrypt(kBob, as_bytes("skipped")).value();
        if (chain == 0 && i == 0) oldest = last;
      }
    });
    EXPECT_EQ(bob_.read(kAlice, last), "skipped");
  }
  EXPECT_LT(bob_.store().at(session_field(kAlice)).size(), 2000 * 110U);
  EXPECT_EQ(bob_.read(kAlice, oldest), error(Errc::duplicate_message));
}

TEST_F(Sessions, MoreThanTwoThousandAheadIsRefused) {
  start();
  Sealed late;
  alice_.in(session_fields(kBob), [&](Workspace& w) {
    for (int i = 0; i <= 2001; ++i)
      late = w.encrypt(kBob, as_bytes("late")).value();
  });
  EXPECT_EQ(bob_.read(kAlice, late), error(Errc::decrypt_failed));
}

TEST_F(Sessions, FactsFollowTheSession) {
  start();
  const auto facts = [](Party& party, const Address& with) {
    return party.in(session_fields(with), [&](Workspace& w) { return w.session(with).value(); });
  };
  EXPECT_FALSE(facts(bob_, kAlice));
  ASSERT_TRUE(facts(alice_, kBob));
  EXPECT_TRUE(facts(alice_, kBob)->unacknowledged);
  EXPECT_EQ(facts(alice_, kBob)->registration_id, bob_.self().registration_id);
  EXPECT_EQ(facts(alice_, kBob)->identity, bob_.self().keys.pub);
  EXPECT_EQ(bob_.read(kAlice, from_alice("x")), "x");
  EXPECT_EQ(facts(bob_, kAlice)->base_key, facts(alice_, kBob)->base_key);
  EXPECT_EQ(alice_.read(kBob, from_bob("y")), "y");
  EXPECT_FALSE(facts(alice_, kBob)->unacknowledged);
  alice_.in(session_fields(kBob), [&](Workspace& w) { ASSERT_TRUE(w.erase_session(kBob)); });
  EXPECT_FALSE(facts(alice_, kBob));
  EXPECT_TRUE(alice_.store().contains(identity_field(kBob)));
}

TEST_F(Sessions, SessionMovesToTheHiddenId) {
  start();
  EXPECT_EQ(bob_.read(kAlice, from_alice("by number")), "by number");
  const Address lid{"100000000000001_1", 0};
  auto fields = session_fields(kAlice);
  for (auto& field : session_fields(lid))
    fields.push_back(field);
  bob_.in(fields, [&](Workspace& w) { EXPECT_EQ(w.move_session(kAlice, lid).value(), Moved::yes); });
  EXPECT_FALSE(bob_.store().contains(session_field(kAlice)));
  EXPECT_FALSE(bob_.store().contains(identity_field(kAlice)));
  EXPECT_EQ(bob_.read(lid, from_alice("by hidden id")), "by hidden id");
  EXPECT_EQ(alice_.read(kBob, bob_.encrypt(lid, "back").value()), "back");

  // Where there is a session already, the one under the number is dropped.
  Party other;
  ASSERT_TRUE(other.start(kBob, bob_.publish(true, 60)));
  EXPECT_EQ(bob_.read(kAlice, other.encrypt(kBob, "again").value()), "again");
  const Bytes kept = bob_.store().at(session_field(lid));
  bob_.in(fields, [&](Workspace& w) { EXPECT_EQ(w.move_session(kAlice, lid).value(), Moved::no); });
  EXPECT_EQ(bob_.store().at(session_field(lid)), kept);
  EXPECT_FALSE(bob_.store().contains(session_field(kAlice)));
}

}  // namespace
}  // namespace linekeeper::transport::signal
