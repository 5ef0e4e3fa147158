#include <gtest/gtest.h>

#include "linekeeper/message/bundle.hpp"
#include "linekeeper/message/iq.hpp"
#include "linekeeper/message/prekeys.hpp"
#include "linekeeper/message/usync.hpp"
#include "linekeeper/pairing/adv.hpp"
#include "phone.hpp"
#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

namespace message = transport::message;

const std::string kNumber = "491701111111";
const std::string kOther = "491702222222";

class KeysTest : public testing::Test {
 protected:
  message::BundleAnswer bundle(TestClient& asker, const Jid& of) {
    const std::string id = "b" + std::to_string(++asked_);
    asker.say(message::bundle_request(id, std::vector{of}));
    for (const Node& stanza : asker.heard())
      if (stanza.tag == "iq" && stanza.attr_is("id", id)) return message::parse_bundles(stanza).value().at(0);
    throw std::logic_error("no answer");
  }

  std::uint32_t count(TestClient& client) {
    return message::parse_count(client.ask("get", "encrypt", {Node("count")})).value();
  }

  World world;
  std::unique_ptr<TestClient> ada = world.paired(kNumber, 20);
  std::unique_ptr<TestClient> bob = world.paired(kOther, 20);
  int asked_ = 0;
};

TEST_F(KeysTest, EachOneTimeKeyIsGivenOnceOldestFirst) {
  const std::uint32_t before = count(*ada);
  const auto first = bundle(*bob, ada->pn());
  const auto second = bundle(*bob, ada->lid());
  ASSERT_TRUE(first.bundle && second.bundle);
  EXPECT_EQ(first.device, ada->pn());
  EXPECT_EQ(second.device, ada->lid());
  EXPECT_LT(first.bundle->prekey->id, second.bundle->prekey->id);
  EXPECT_EQ(count(*ada), before - 2);
}

TEST_F(KeysTest, ABundleIsSignedAndNamesTheAccountsDevice) {
  const auto answer = bundle(*bob, ada->pn());
  ASSERT_TRUE(answer.bundle);
  EXPECT_TRUE(message::signature_holds(*answer.bundle));
  const auto identity = transport::parse_adv_signed(answer.bundle->device_identity);
  ASSERT_TRUE(identity);
  EXPECT_TRUE(transport::verify_account_signature(*identity, transport::AdvType::e2ee, answer.bundle->device.identity));
  EXPECT_TRUE(transport::verify_device_signature(*identity, answer.bundle->device.identity));
}

TEST_F(KeysTest, OutOfOneTimeKeysTheBundleComesWithout) {
  for (std::size_t i = ada->device().keys.left(); i > 0; --i)
    EXPECT_TRUE(bundle(*bob, ada->pn()).bundle->prekey);
  const auto last = bundle(*bob, ada->pn());
  ASSERT_TRUE(last.bundle);
  EXPECT_FALSE(last.bundle->prekey);
  EXPECT_EQ(ada->device().counters.keyless_bundles, 1U);
}

TEST_F(KeysTest, ADeviceHearsWhenFewAreLeft) {
  while (ada->device().keys.left() > 10)
    bundle(*bob, ada->pn());
  EXPECT_FALSE(ada->was_told("notification", "count"));
  bundle(*bob, ada->pn());
  EXPECT_EQ(message::low_prekeys(ada->expect("notification", "count")), 9U);
}

TEST_F(KeysTest, APhoneAlwaysHasAnotherKey) {
  std::set<std::uint32_t> ids;
  for (int i = 0; i < 5; ++i) {
    const auto answer = bundle(*bob, ada->pn().bare());
    ASSERT_TRUE(answer.bundle && answer.bundle->prekey);
    EXPECT_TRUE(ids.insert(answer.bundle->prekey->id).second);
    EXPECT_EQ(answer.bundle->device.identity, ada->account().phone->key().pub);
  }
}

TEST_F(KeysTest, AskingForOneselfCostsNoKey) {
  const std::uint32_t before = count(*ada);
  EXPECT_TRUE(bundle(*ada, ada->pn()).bundle);
  EXPECT_EQ(count(*ada), before);
}

TEST_F(KeysTest, AnUnknownDeviceIsAnErrorForItAlone) {
  const auto answer = bundle(*bob, ada->pn().with_device(9));
  ASSERT_FALSE(answer.bundle);
  EXPECT_EQ(answer.error->code, 404U);
}

TEST_F(KeysTest, TheDigestIsTheOneTheDeviceComputes) {
  ada->hears();
  ada->say(message::digest_request("digest"));
  const auto digest = message::parse_digest(ada->expect("iq", "digest"));
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->prekey_ids.size(), ada->device().keys.left());
  EXPECT_EQ(digest->device.identity, ada->credentials.identity.pub);
}

TEST_F(KeysTest, BeforeTheFirstUploadThereIsNoDigest) {
  const auto fresh = world.client();
  fresh->pair("491703333333");
  EXPECT_TRUE(fresh->ask("get", "encrypt", {Node("digest")}).child("error")->attr_is("code", "404"));
  EXPECT_EQ(count(*fresh), 0U);
}

TEST_F(KeysTest, AnUploadForAnotherIdentityIsRefused) {
  const auto foreign = crypto::generate_key_pair();
  const auto skey = transport::signal::make_signed_prekey(foreign, 1);
  message::DeviceKeys device{1, foreign.pub, {1, skey.keys.pub, skey.signature}};
  ada->hears();
  ada->say(message::upload_request("foreign", device, {}));
  EXPECT_TRUE(ada->expect("iq", "error").child("error")->attr_is("code", "409"));
}

TEST_F(KeysTest, ASignedPrekeyWithABadSignatureIsRefused) {
  message::PublicSignedPreKey skey{2, crypto::generate_key_pair().pub, {}};
  ada->hears();
  ada->say(message::rotate_request("rotate", skey));
  EXPECT_TRUE(ada->expect("iq", "error").child("error")->attr_is("code", "406"));
}

TEST_F(KeysTest, BundlesCanBeMadeToMissTheirKeyOrThemselves) {
  const auto order = [&](const char* variant) {
    Fault fault;
    fault.kind = "prekeys";
    fault.phone = kNumber;
    fault.device = 1;
    fault.times = 1;
    fault.parameters["variant"] = variant;
    std::string why;
    ASSERT_TRUE(world.core().faults.add(fault, why)) << why;
  };
  order("none");
  EXPECT_FALSE(bundle(*bob, ada->pn()).bundle->prekey);
  order("missing");
  EXPECT_FALSE(bundle(*bob, ada->pn()).bundle);
  order("zero");
  EXPECT_EQ(count(*ada), 0U);
  EXPECT_GT(count(*ada), 0U);
}

TEST_F(KeysTest, DeviceListsNamePhoneAndCompanionsInTheNamespaceAsked) {
  for (const Jid& asked : {ada->pn().bare(), ada->lid().bare()}) {
    bob->hears();
    bob->say(message::devices_query("q", "sid", std::vector{asked}));
    const auto answer = message::parse_usync(bob->expect("iq", "usync"));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer->users.size(), 1U);
    EXPECT_EQ(answer->users[0].jid, asked);
    EXPECT_EQ(answer->users[0].lid, ada->lid().bare());
    const auto& list = answer->users[0].devices->value();
    EXPECT_EQ(message::reachable_devices(asked, list), (std::vector{asked, asked.with_device(1)}));
    EXPECT_TRUE(message::key_indexes_signed_by(list.signed_indexes, ada->account().phone->key().pub));
  }
}

TEST_F(KeysTest, ARemovedCompanionIsNeitherListedNorValid) {
  const auto second = world.paired(kNumber);
  const std::uint32_t gone = second->device().key_index;
  second->ask("set", "md", {Node("remove-companion-device").with("jid", second->pn())});
  bob->say(message::devices_query("q", "sid", std::vector{ada->pn().bare()}));
  const auto answer = message::parse_usync(bob->expect("iq", "usync"));
  const auto& list = answer.value().users[0].devices->value();
  EXPECT_EQ(list.devices.size(), 2U);
  EXPECT_FALSE(list.indexes->allows(gone));
}

TEST_F(KeysTest, NumbersAreInOrOutAndEchoedAsAsked) {
  bob->say(message::contact_query("q", "sid", std::vector<std::string>{kNumber, "491700000000"}));
  const auto answer = message::parse_usync(bob->expect("iq", "usync")).value();
  EXPECT_TRUE(message::number_in(answer, kNumber).registered);
  EXPECT_EQ(message::number_in(answer, kNumber).jid, ada->pn().bare());
  EXPECT_FALSE(message::number_in(answer, "491700000000").registered);
  // whatsmeow passes over people without an address: also who is out has one.
  EXPECT_EQ(answer.users[1].jid, (Jid{"491700000000", Server::pn}));
}

}  // namespace
}  // namespace linekeeper::sandbox
