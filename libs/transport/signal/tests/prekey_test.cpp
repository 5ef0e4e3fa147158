#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/signal/prekey_block.hpp"
#include "party.hpp"
#include "vector_file.hpp"

namespace linekeeper::transport::signal {
namespace {

TEST(Prekeys, IdsWrapToOne) {
  EXPECT_EQ(prekey_id_after(1, 0), 1U);
  EXPECT_EQ(prekey_id_after(1, 811), 812U);
  EXPECT_EQ(prekey_id_after(kMaxPrekeyId, 1), 1U);
  EXPECT_EQ(prekey_id_after(kMaxPrekeyId, 0), kMaxPrekeyId);
  EXPECT_EQ(prekey_id_after(0, 3), 4U);
  const auto keys = generate_prekeys(kMaxPrekeyId - 1, 4);
  EXPECT_EQ(keys[1].id, kMaxPrekeyId);
  EXPECT_EQ(keys[2].id, 1U);
}

TEST(Prekeys, SignedPrekeyVerifiesAndForeignOnesDoNot) {
  const auto vector = vector_file("messaging.json").at("prekeys");
  const Key32 identity = key(vector.at("identity").at("public_raw"));
  const auto& s = vector.at("signed_prekey");
  EXPECT_TRUE(verify_signed_prekey(identity, key(s.at("public_raw")), hex(s.at("signature"))));
  EXPECT_FALSE(verify_signed_prekey(key(s.at("public_raw")), identity, hex(s.at("signature"))));
  const auto pair = crypto::generate_key_pair();
  const SignedPrekey own = make_signed_prekey(pair, 9);
  EXPECT_EQ(own.id, 9U);
  EXPECT_TRUE(verify_signed_prekey(pair.pub, own.keys.pub, own.signature));
}

TEST(Prekeys, DigestIsTheVectors) {
  const auto vector = vector_file("messaging.json").at("prekeys");
  const auto& s = vector.at("signed_prekey");
  std::vector<Key32> one_time;
  for (const auto& k : vector.at("one_time_prekeys"))
    one_time.push_back(key(k.at("public_raw")));
  EXPECT_EQ(to_hex(prekey_digest(key(vector.at("identity").at("public_raw")), key(s.at("public_raw")),
                                 exactly<64>(hex(s.at("signature"))).value(), one_time)),
            vector.at("digest_sha1").get<std::string>());
}

TEST(Prekeys, BlockIsCompactAndForgetsWhatWasTaken) {
  PrekeyBlock block(PrekeyBlock::number_of(33));
  EXPECT_EQ(block.first_id(), 33U);
  const auto keys = generate_prekeys(33, 32);
  for (const auto& k : keys)
    ASSERT_TRUE(block.put(k.id, k.keys.priv));
  EXPECT_FALSE(block.put(65, keys[0].keys.priv));
  EXPECT_FALSE(block.put(0, keys[0].keys.priv));
  EXPECT_EQ(block.encode().size(), 8 + 32 * 32U);
  EXPECT_TRUE(block.erase(40));
  EXPECT_FALSE(block.erase(40));
  const auto again = PrekeyBlock::parse(block.encode());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->size(), 31U);
  EXPECT_EQ(again->find(40), nullptr);
  ASSERT_NE(again->find(41), nullptr);
  EXPECT_EQ(*again->find(41), keys[8].keys.priv);
  EXPECT_EQ(again->encode(), block.encode());
}

TEST(Prekeys, BrokenBlocksAreRefused) {
  PrekeyBlock block(0);
  ASSERT_TRUE(block.put(1, generate_prekeys(1, 1)[0].keys.priv));
  const Bytes good = block.encode();
  for (std::size_t n = 0; n < good.size(); ++n)
    EXPECT_EQ(PrekeyBlock::parse(ByteView(good).first(n)).error(), Errc::malformed_value) << n;
  Bytes newer = good;
  newer[0] = 2;
  EXPECT_EQ(PrekeyBlock::parse(newer).error(), Errc::unsupported_version);
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(PrekeyBlock::parse(longer).error(), Errc::malformed_value);
}

TEST(Prekeys, WorkspaceSpreadsThemOverBlocks) {
  Party party;
  const auto keys = generate_prekeys(30, 40);
  const std::vector<std::string> fields{prekey_field(30), prekey_field(33), prekey_field(69)};
  party.in(fields, [&](Workspace& w) { ASSERT_TRUE(w.add_prekeys(keys)); });
  EXPECT_EQ(party.last_changes.size(), 3U);
  party.in(fields, [&](Workspace& w) {
    for (const auto& k : keys)
      EXPECT_EQ(w.prekey(k.id).value()->pub, k.keys.pub);
    EXPECT_FALSE(w.prekey(29).value());
    for (std::uint32_t id = 30; id <= 32; ++id)
      ASSERT_TRUE(w.erase_prekey(id));
    EXPECT_FALSE(w.prekey(200));  // not fetched
  });
  EXPECT_FALSE(party.store().contains(prekey_field(30)));
  EXPECT_TRUE(party.store().contains(prekey_field(33)));
}

TEST(Prekeys, TheHighestIdIsConsumedLikeAnyOther) {
  Party alice;
  Party bob;
  const Address to{"2", 0};
  const Address from{"1", 0};
  ASSERT_TRUE(alice.start(to, bob.publish(true, kMaxPrekeyId)));
  const auto opened = bob.decrypt(from, alice.encrypt(to, "x").value());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->used_prekey, kMaxPrekeyId);
  EXPECT_FALSE(bob.store().contains(prekey_field(kMaxPrekeyId)));
}

TEST(Addresses, HaveTheFormsOtherClientsUse) {
  const auto text = [](const char* jid) { return address_of(*Jid::parse(jid)).str(); };
  EXPECT_EQ(text("15550001111@s.whatsapp.net"), "15550001111.0");
  EXPECT_EQ(text("100000000000001:3@lid"), "100000000000001_1.3");
  EXPECT_EQ(text("15550001111:99@hosted"), "15550001111_128.99");
  EXPECT_EQ(text("1:99@hosted.lid"), "1_129.99");
  const auto parsed = Address::parse("100000000000001_1.3");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->device, 3U);
  for (const char* bad : {"", ".1", "a", "a.", "a.x", "a.-1", "a.99999999999"})
    EXPECT_FALSE(Address::parse(bad)) << bad;
}

}  // namespace
}  // namespace linekeeper::transport::signal
