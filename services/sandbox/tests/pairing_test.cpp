#include <gtest/gtest.h>

#include "code_desk.hpp"
#include "linekeeper/pairing/adv.hpp"
#include "linekeeper/pairing/link_code_stanzas.hpp"
#include "linekeeper/pairing/pair_success.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/qr.hpp"
#include "pairing_desk.hpp"
#include "phone.hpp"
#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

const std::string kNumber = "491701111111";

transport::PairCheck refusal(const Node& offer, const transport::DeviceCredentials& credentials) {
  const auto outcome = transport::verify_pair_success(offer, credentials);
  if (const auto* refused = std::get_if<transport::PairRefused>(&outcome)) return refused->check;
  ADD_FAILURE() << "accepted";
  return transport::PairCheck::stanza;
}

TEST(PairingTest, ANewConnectionIsShownSixRefs) {
  World world;
  const auto client = world.client();
  client->connect();
  const auto refs = transport::parse_pair_device(client->expect("iq", "pair-device"));
  ASSERT_TRUE(refs);
  EXPECT_EQ(refs->size(), 6U);
  for (const std::string& ref : *refs)
    EXPECT_EQ(ref.find(','), std::string::npos);
}

TEST(PairingTest, AScanLinksADeviceThatLogsInAfterTheRestart) {
  World world;
  const auto client = world.client();
  client->pair(kNumber);
  EXPECT_EQ(client->pn().str(), kNumber + ":1@s.whatsapp.net");
  EXPECT_EQ(client->lid().device, 1);
  EXPECT_EQ(client->device().key_index, 1U);
  EXPECT_EQ(world.core().counters.pairings, 1U);
  EXPECT_EQ(world.core().counters.pairings_failed, 0U);
}

TEST(PairingTest, AnyRefThatWasShownCanBeScanned) {
  World world;
  const auto client = world.client();
  client->connect();
  const auto refs = transport::parse_pair_device(client->heard().front()).value();
  const auto text = transport::qr_text(client->credentials, refs.at(5));
  EXPECT_EQ(scan_qr(world.core(), text.reveal(), nullptr).error, LinkError::none);
}

TEST(PairingTest, WithoutAPhoneOneIsMade) {
  World world;
  const auto client = world.client();
  client->connect();
  const LinkOffer offer = scan_qr(world.core(), client->qr(), nullptr);
  ASSERT_EQ(offer.error, LinkError::none);
  EXPECT_EQ(world.core().directory.all().size(), 1U);
  EXPECT_FALSE(offer.account->push_name.empty());
}

TEST(PairingTest, AQrOfAClosedConnectionIsUnknown) {
  World world;
  const auto client = world.client();
  client->connect();
  const std::string qr = client->qr();
  client->disconnect();
  EXPECT_EQ(scan_qr(world.core(), qr, nullptr).error, LinkError::unknown_ref);
  EXPECT_TRUE(world.core().refs.empty());
}

TEST(PairingTest, AQrWithAnotherClientsKeysIsRefused) {
  World world;
  const auto client = world.client();
  const auto other = world.client();
  client->connect();
  const auto refs = transport::parse_pair_device(client->heard().front()).value();
  const auto forged = transport::qr_text(other->credentials, refs.front());
  EXPECT_EQ(scan_qr(world.core(), forged.reveal(), nullptr).error, LinkError::wrong_keys);
}

TEST(PairingTest, WhatIsNoQrIsNamedSo) {
  World world;
  EXPECT_EQ(scan_qr(world.core(), "hello", nullptr).error, LinkError::malformed_qr);
}

TEST(PairingTest, ASecondScanWaitsForTheFirst) {
  World world;
  const auto client = world.client();
  client->connect();
  ASSERT_EQ(scan_qr(world.core(), client->qr(), nullptr).error, LinkError::none);
  EXPECT_EQ(scan_qr(world.core(), client->qr(), nullptr).error, LinkError::busy);
  world.pass(kCountersignTimeout);
  EXPECT_EQ(scan_qr(world.core(), client->qr(), nullptr).error, LinkError::none);
}

TEST(PairingTest, AnErrorFromTheCompanionUndoesTheLink) {
  World world;
  const auto client = world.client();
  client->connect();
  const LinkOffer offer = scan_qr(world.core(), client->qr(), nullptr);
  client->say(transport::iq_error_to(client->expect("iq", "pair-success"), 401, "not-authorized"));
  EXPECT_TRUE(offer.account->companions.empty());
  EXPECT_TRUE(offer.account->reserved.empty());
  EXPECT_EQ(world.core().counters.pairings_failed, 1U);
}

TEST(PairingTest, ACountersignatureByAnotherKeyIsRefused) {
  World world;
  const auto client = world.client();
  client->connect();
  const LinkOffer offer = scan_qr(world.core(), client->qr(), nullptr);
  const Node success = client->expect("iq", "pair-success");
  auto outcome = transport::verify_pair_success(success, client->credentials);
  Node answer = std::get<transport::PairAccepted>(outcome).answer;
  auto sign = transport::parse_pair_device_sign(answer).value();
  auto identity = transport::parse_adv_signed(sign.identity).value();
  const Key32& account_key = offer.account->phone->key().pub;
  identity.account_key.assign(account_key.begin(), account_key.end());
  transport::sign_device(identity, crypto::generate_key_pair());
  identity.account_key.clear();
  const Node forged = transport::iq_result_to(success).add(
      Node("pair-device-sign")
          .add(Node("device-identity").with("key-index", sign.key_index).holding(transport::encode(identity))));
  client->say(forged);
  EXPECT_TRUE(client->was_told("stream:error"));
  EXPECT_TRUE(offer.account->companions.empty());
  EXPECT_TRUE(world.wire.closed.contains(client->connection));
}

TEST(PairingTest, OneDeviceNumberPerLinkAndNeverNinetyNine) {
  World world;
  Account& account = world.core().directory.create();
  std::set<int> seen;
  for (int i = 0; i < 254; ++i) {
    const auto number = account.reserve_device();
    ASSERT_TRUE(number);
    EXPECT_TRUE(seen.insert(*number).second);
    EXPECT_NE(*number, 99);
    EXPECT_GE(*number, 1);
  }
  EXPECT_FALSE(account.reserve_device());
}

TEST(PairingTest, ThePhonesLimitIsKept) {
  CoreSettings settings;
  settings.max_companions = 1;
  World world(settings);
  const auto first = world.client();
  first->pair(kNumber);
  const auto second = world.client();
  second->connect();
  Account* phone = world.core().directory.by_number(kNumber);
  EXPECT_EQ(scan_qr(world.core(), second->qr(), phone).error, LinkError::too_many);
}

struct BadOffer {
  const char* variant;
  transport::PairCheck check;
};
class BadOfferTest : public testing::TestWithParam<BadOffer> {};

TEST_P(BadOfferTest, ACarefulCompanionRefuses) {
  World world;
  Fault fault;
  fault.kind = "pairing";
  fault.parameters["variant"] = GetParam().variant;
  std::string why;
  ASSERT_TRUE(world.core().faults.add(fault, why)) << why;
  const auto client = world.client();
  client->connect();
  ASSERT_EQ(scan_qr(world.core(), client->qr(), nullptr).error, LinkError::none);
  EXPECT_EQ(refusal(client->expect("iq", "pair-success"), client->credentials), GetParam().check);
}

INSTANTIATE_TEST_SUITE_P(Pairing, BadOfferTest,
                         testing::Values(BadOffer{"wrong-hmac", transport::PairCheck::hmac},
                                         BadOffer{"wrong-signature", transport::PairCheck::account_signature},
                                         BadOffer{"no-key-index", transport::PairCheck::key_index}),
                         [](const auto& test) {
                           std::string name = test.param.variant;
                           std::erase(name, '-');
                           return name;
                         });

TEST(PairingTest, ARefreshRetiresTheQrAndTheNextOneLinks) {
  World world;
  Fault fault;
  fault.kind = "pairing";
  fault.times = 1;
  fault.parameters["variant"] = "refresh";
  std::string why;
  ASSERT_TRUE(world.core().faults.add(fault, why)) << why;
  const auto client = world.client();
  client->connect();
  EXPECT_EQ(scan_qr(world.core(), client->qr(), nullptr).error, LinkError::refreshed);
  EXPECT_TRUE(transport::asks_registration_refresh(client->expect("notification")));
  transport::renew_adv_secret(client->credentials);
  ASSERT_EQ(scan_qr(world.core(), client->qr(), nullptr).error, LinkError::none);
  client->countersign();
  EXPECT_TRUE(client->was_told("stream:error"));
}

/// The companion's half of a pairing by code.
class CodeTest : public testing::Test {
 protected:
  Node hello() {
    client->connect();
    transport::CompanionHello hello;
    hello.id = "hello";
    hello.phone = kNumber;
    hello.wrapped_ephemeral = transport::wrap_ephemeral(shown, ephemeral.pub);
    hello.noise = client->credentials.noise.pub;
    hello.platform_display = display;
    client->say(transport::companion_hello(hello));
    for (const Node& stanza : client->heard())
      if (stanza.attr_is("id", "hello")) return stanza;
    return Node();
  }

  LinkError type(const transport::LinkCode& code) {
    const auto request = find_code_request(world.core(), nullptr);
    if (!request) return LinkError::unknown_code;
    return enter_code(world.core(), *request, answer_code(code, request->wrapped_companion)).error;
  }

  Node finish(const Node& primary) {
    const auto hello = transport::parse_primary_hello(primary).value();
    const Key32 phone_ephemeral = transport::unwrap_ephemeral(shown, hello.wrapped_ephemeral);
    const auto result =
        transport::finish_as_companion(ephemeral, phone_ephemeral, client->credentials.identity, hello.primary_identity)
            .value();
    client->credentials.adv_secret = result.adv_secret;
    transport::CompanionFinish finish;
    finish.id = "finish";
    finish.phone = kNumber;
    finish.bundle = result.bundle;
    finish.companion_identity = client->credentials.identity.pub;
    finish.ref = hello.ref;
    client->hears();
    client->say(transport::companion_finish(finish));
    for (const Node& stanza : client->heard())
      if (stanza.attr_is("id", "finish")) return stanza;
    return Node();
  }

  World world;
  std::unique_ptr<TestClient> client = world.client();
  crypto::KeyPair ephemeral = crypto::generate_key_pair();
  transport::LinkCode shown = transport::generate_link_code();
  std::string display = "Chrome (Linux)";
};

TEST_F(CodeTest, TheRightCodeLinks) {
  ASSERT_TRUE(hello().attr_is("type", "result"));
  ASSERT_EQ(type(shown), LinkError::none);
  EXPECT_TRUE(finish(client->expect("notification", "link_code_companion_reg")).attr_is("type", "result"));
  client->countersign();
  EXPECT_TRUE(client->was_told("stream:error"));
  EXPECT_EQ(client->account().number(), kNumber);
}

TEST_F(CodeTest, AWrongCodeIsToldAtTheEndAndTheRightOneMayFollow) {
  ASSERT_TRUE(hello().attr_is("type", "result"));
  ASSERT_EQ(type(transport::generate_link_code()), LinkError::none);
  const Node refused = finish(client->expect("notification", "link_code_companion_reg"));
  ASSERT_TRUE(refused.attr_is("type", "error"));
  EXPECT_TRUE(refused.child("error")->attr_is("code", "401"));

  client->hears();
  ASSERT_EQ(type(shown), LinkError::none);
  EXPECT_TRUE(finish(client->expect("notification", "link_code_companion_reg")).attr_is("type", "result"));
}

TEST_F(CodeTest, ACodeDiesAfterThreeMinutesAndWithItsConnection) {
  ASSERT_TRUE(hello().attr_is("type", "result"));
  world.pass(kCodeLifetime);
  EXPECT_EQ(type(shown), LinkError::unknown_code);
  ASSERT_TRUE(hello().attr_is("type", "result"));
  client->disconnect();
  EXPECT_EQ(type(shown), LinkError::unknown_code);
}

TEST_F(CodeTest, ABrandNameAsPlatformIsRefused) {
  display = "Acme";
  const Node answer = hello();
  ASSERT_TRUE(answer.attr_is("type", "error"));
  EXPECT_TRUE(answer.child("error")->attr_is("code", "400"));
}

TEST_F(CodeTest, ALimitOnCodesCanBeOrdered) {
  Fault fault;
  fault.kind = "link-code";
  fault.parameters["code"] = "429";
  std::string why;
  ASSERT_TRUE(world.core().faults.add(fault, why)) << why;
  EXPECT_TRUE(hello().child("error")->attr_is("code", "429"));
}

}  // namespace
}  // namespace linekeeper::sandbox
