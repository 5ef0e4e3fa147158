#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

#include "code_desk.hpp"
#include "linekeeper/pairing/link_code.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "notices.hpp"
#include "pairing_desk.hpp"
#include "sandbox_world.hpp"

// Our client against our server, in one process. Agreement of the two proves little about strangers; what it proves is
// that every step ends, in the right order, whatever happens in between.
namespace linekeeper::test {
namespace {

using namespace std::chrono_literals;
using transport::ReceiptKind;

class LineSandboxTest : public ::testing::Test {
 protected:
  sandbox::Account& account(const std::string& name) {
    auto& made = world.core().directory.create();
    made.push_name = name;
    return made;
  }
  std::vector<std::string> texts(const TestLine& line) {
    std::vector<std::string> out;
    for (const auto& message : line.host.messages)
      out.push_back(message.text.reveal());
    return out;
  }

  SandboxWorld world;
};

TEST_F(LineSandboxTest, PairsByQrRestartsAndConnects) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));

  ASSERT_TRUE(line.host.paired_as);
  EXPECT_EQ(line.host.paired_as->pn.user, shop.number());
  EXPECT_EQ(line.host.logged_in_as->lid.user, shop.lid.user);
  EXPECT_EQ(line.host.logged_in_as->lid.device, line.host.logged_in_as->pn.device);
  EXPECT_EQ(line.host.qr_retired_times, 1U);
  EXPECT_EQ(line.host.overlapping, 0U);
  const auto* device = shop.device(line.host.paired_as->pn.device);
  ASSERT_NE(device, nullptr);
  EXPECT_EQ(device->keys.left() + device->counters.keys_handed_out, world.settings.bounds.first_prekeys);
  EXPECT_EQ(line.stop().reason, EndReason::closed_by_owner);
}

TEST_F(LineSandboxTest, PairsByCode) {
  auto& shop = account("Shop");
  TestLine line(world);
  transport::PairRequest request;
  request.method = transport::PairRequest::Method::code;
  request.phone_number = "+" + shop.number();
  line.start_pairing(request);
  ASSERT_TRUE(world.until([&] { return !line.host.codes.empty() || line.ended(); }));
  ASSERT_FALSE(line.ended()) << name(line.end->reason);
  EXPECT_TRUE(line.host.qrs.empty());

  const auto typed = transport::normalize_link_code(line.host.codes.front().code.reveal());
  ASSERT_TRUE(typed);
  const auto asked = sandbox::find_code_request(world.core(), &shop);
  ASSERT_TRUE(asked);
  const auto offer = sandbox::enter_code(world.core(), *asked, sandbox::answer_code(*typed, asked->wrapped_companion));
  ASSERT_EQ(offer.error, sandbox::LinkError::none);
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::restart_required);
  EXPECT_EQ(line.host.code_retired_times, 1U);
  EXPECT_TRUE(line.connect());
}

TEST_F(LineSandboxTest, AnotherNumberThanExpectedIsRefusedAndNothingIsStored) {
  auto& shop = account("Shop");
  TestLine line(world);
  transport::PairRequest request;
  request.phone_number = "4915799999999";
  line.start_pairing(request);
  ASSERT_TRUE(world.until([&] { return !line.host.qrs.empty(); }));
  sandbox::scan_qr(world.core(), line.host.qrs.back().text.reveal(), &shop);
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::credentials_conflict);
  EXPECT_EQ(line.end->detail, "phone_mismatch");
  EXPECT_TRUE(line.host.state.empty());
  EXPECT_TRUE(shop.companions.empty());
}

TEST_F(LineSandboxTest, ANumberThatAnotherLineHoldsIsRefusedBeforeAndAfterTheCommit) {
  auto& shop = account("Shop");
  for (const bool after : {false, true}) {
    SCOPED_TRACE(after ? "after" : "before");
    TestLine line(world);
    (after ? line.host.may_after : line.host.may) = transport::PairVerdict::claimed;
    line.start_pairing();
    ASSERT_TRUE(world.until([&] { return !line.host.qrs.empty(); }));
    sandbox::scan_qr(world.core(), line.host.qrs.back().text.reveal(), &shop);
    ASSERT_TRUE(world.until([&] { return line.ended(); }));
    EXPECT_EQ(line.end->reason, EndReason::credentials_conflict);
    EXPECT_EQ(line.end->detail, "claimed");
    EXPECT_TRUE(line.host.state.empty());
    EXPECT_TRUE(shop.companions.empty());
  }
}

TEST_F(LineSandboxTest, APhoneAnswerThatDoesNotVerifyEndsThePairingByName) {
  auto& shop = account("Shop");
  const std::vector<std::pair<std::string, std::string>> variants{
      {"wrong-hmac", "hmac"}, {"wrong-signature", "account_signature"}, {"no-key-index", "key_index"}};
  for (const auto& [variant, detail] : variants) {
    SCOPED_TRACE(variant);
    world.add_fault("pairing", {{"variant", variant}});
    TestLine line(world);
    line.start_pairing();
    ASSERT_TRUE(world.until([&] { return !line.host.qrs.empty(); }));
    sandbox::scan_qr(world.core(), line.host.qrs.back().text.reveal(), &shop);
    ASSERT_TRUE(world.until([&] { return line.ended(); }));
    EXPECT_EQ(line.end->reason, EndReason::pairing_failed);
    EXPECT_EQ(line.end->detail, detail);
    EXPECT_TRUE(line.host.state.empty());
  }
}

TEST_F(LineSandboxTest, ARetiredQrIsShownAnewUnderTheSameIndexAndTheSecondScanLinks) {
  auto& shop = account("Shop");
  world.add_fault("pairing", {{"variant", "refresh"}});
  TestLine line(world);
  line.start_pairing();
  ASSERT_TRUE(world.until([&] { return !line.host.qrs.empty(); }));
  sandbox::scan_qr(world.core(), line.host.qrs.back().text.reveal(), &shop);
  ASSERT_TRUE(world.until([&] { return line.host.qrs.size() == 2 || line.ended(); }));
  ASSERT_FALSE(line.ended());
  EXPECT_EQ(line.host.qrs[0].index, line.host.qrs[1].index);
  EXPECT_NE(line.host.qrs[0].text.reveal(), line.host.qrs[1].text.reveal());
  sandbox::scan_qr(world.core(), line.host.qrs.back().text.reveal(), &shop);
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::restart_required);
}

TEST_F(LineSandboxTest, QrsRunOutByName) {
  world.settings.times.qr_first = 50ms;
  world.settings.times.qr_next = 20ms;
  TestLine line(world);
  line.start_pairing();
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::qr_expired);
  ASSERT_EQ(line.host.qrs.size(), 6U);
  EXPECT_EQ(line.host.qrs.back().index, 6U);
  EXPECT_EQ(line.host.qrs.back().remaining, 0U);
  EXPECT_EQ(line.host.qr_retired_times, 1U);
}

TEST_F(LineSandboxTest, TwoLinesChatBothWays) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(a.pair_and_connect(shop));
  ASSERT_TRUE(b.pair_and_connect(friendly));

  for (int i = 0; i < 5; ++i) {
    SCOPED_TRACE(i);
    const auto there = a.send(friendly.pn, "to friend " + std::to_string(i));
    ASSERT_EQ(there.outcome, SendOutcome::accepted) << name(there.outcome) << there.code;
    EXPECT_EQ(there.plan.chat, friendly.lid);
    EXPECT_EQ(there.plan.devices, 2U);
    const auto back = b.send(shop.pn, "to shop " + std::to_string(i));
    ASSERT_EQ(back.outcome, SendOutcome::accepted);
  }
  ASSERT_TRUE(world.until([&] { return a.host.messages.size() >= 5 && b.host.messages.size() >= 5; }));
  EXPECT_THAT(texts(a), ::testing::ElementsAre("to shop 0", "to shop 1", "to shop 2", "to shop 3", "to shop 4"));
  EXPECT_THAT(texts(b),
              ::testing::ElementsAre("to friend 0", "to friend 1", "to friend 2", "to friend 3", "to friend 4"));
  const auto& first = b.host.messages.front();
  EXPECT_EQ(first.chat, shop.lid);
  EXPECT_EQ(first.sender, shop.lid);
  EXPECT_EQ(first.sender_phone, shop.number());
  EXPECT_FALSE(first.from_me);
  EXPECT_EQ(first.content_type, "text");
  // The phone reads and the companion confirms; both speak of the same message.
  ASSERT_TRUE(world.until([&] { return a.host.receipts.size() >= 5; }));
  EXPECT_EQ(a.host.receipts.front().kind, ReceiptKind::delivered);
  EXPECT_EQ(a.host.overlapping, 0U);
  EXPECT_EQ(b.host.overlapping, 0U);
}

TEST_F(LineSandboxTest, AnotherDeviceOfTheAccountHearsWhatWasSent) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine first(world);
  TestLine second(world);
  ASSERT_TRUE(first.pair_and_connect(shop));
  ASSERT_TRUE(second.pair_and_connect(shop));
  ASSERT_EQ(first.send(friendly.pn, "from the first").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return !second.host.messages.empty(); }));
  const auto& copy = second.host.messages.front();
  EXPECT_TRUE(copy.from_me);
  EXPECT_EQ(copy.chat, friendly.lid);
  EXPECT_EQ(copy.text.reveal(), "from the first");
}

TEST_F(LineSandboxTest, TextsFromAPhoneArriveAndItsReadingIsReported) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  ASSERT_EQ(line.send(friendly.pn, "are you there?").outcome, SendOutcome::accepted);
  ASSERT_EQ(friendly.phone->inbox().size(), 1U);
  EXPECT_EQ(friendly.phone->inbox().front().text, "are you there?");

  friendly.phone->read_all(world.core());
  ASSERT_TRUE(world.until([&] {
    return std::any_of(line.host.receipts.begin(), line.host.receipts.end(),
                       [](const auto& r) { return r.kind == ReceiptKind::read; });
  }));
  friendly.phone->send_text(world.core(), shop.pn, "yes");
  ASSERT_TRUE(world.until([&] { return !line.host.messages.empty(); }));
  EXPECT_EQ(texts(line).front(), "yes");
}

TEST_F(LineSandboxTest, TheOfflineQueueComesInOrderWithProgressBeforeConnected) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  line.stop();
  world.until([] { return false; }, 50ms);
  for (int i = 0; i < 30; ++i)
    friendly.phone->send_text(world.core(), shop.pn, "missed " + std::to_string(i));
  line.restart();
  ASSERT_TRUE(line.connect());
  ASSERT_EQ(line.host.messages.size(), 30U);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(line.host.messages[i].text.reveal(), "missed " + std::to_string(i));
    EXPECT_TRUE(line.host.messages[i].offline);
  }
  EXPECT_GE(line.host.progress.back().done, 30U);
  // Everything was acknowledged: nothing comes again.
  ASSERT_TRUE(world.until([&] { return shop.device(line.host.paired_as->pn.device)->queue.empty(); }));
}

TEST_F(LineSandboxTest, AMessageDeliveredTwiceIsOneEvent) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  world.add_fault("duplicate", {});
  friendly.phone->send_text(world.core(), shop.pn, "once");
  friendly.phone->send_text(world.core(), shop.pn, "after");
  ASSERT_TRUE(world.until([&] { return line.host.messages.size() >= 2; }));
  EXPECT_THAT(texts(line), ::testing::ElementsAre("once", "after"));
  ASSERT_TRUE(world.until([&] { return shop.device(line.host.paired_as->pn.device)->queue.empty(); }));
}

TEST_F(LineSandboxTest, ADamagedMessageIsRecoveredByRetry) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(a.pair_and_connect(shop));
  ASSERT_TRUE(b.pair_and_connect(friendly));
  ASSERT_EQ(a.send(friendly.pn, "first").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 1; }));
  // From the answer on, the last byte is that of a MAC.
  ASSERT_EQ(b.send(shop.pn, "answer").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return a.host.messages.size() == 1; }));
  // What the phones send to their fresh companions is out of the way, so that the damage hits this message.
  ASSERT_TRUE(world.until([&] {
    const auto* device = friendly.device(b.host.paired_as->pn.device);
    return device->welcomed && device->queue.empty();
  }));
  world.add_fault("corrupt-enc", {}, 1, friendly.number());
  ASSERT_EQ(a.send(friendly.pn, "second").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 2; }));
  EXPECT_EQ(texts(b)[1], "second");
  EXPECT_TRUE(b.host.messages[1].recovered);
  EXPECT_FALSE(a.ended());
  EXPECT_FALSE(b.ended());
}

TEST_F(LineSandboxTest, ADeletedSessionIsRecoveredByRetryInBothDirections) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(a.pair_and_connect(shop));
  ASSERT_TRUE(b.pair_and_connect(friendly));
  ASSERT_EQ(a.send(friendly.pn, "hello").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 1; }));
  ASSERT_EQ(b.send(shop.pn, "hello back").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return a.host.messages.size() == 1; }));

  std::erase_if(b.host.state, [](const auto& field) { return field.first.starts_with("sess/"); });
  ASSERT_EQ(a.send(friendly.pn, "still there?").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() == 2; }));
  EXPECT_EQ(texts(b)[1], "still there?");
  ASSERT_EQ(b.send(shop.pn, "always").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return a.host.messages.size() == 2; }));
  EXPECT_EQ(texts(a)[1], "always");
}

TEST_F(LineSandboxTest, RemovalByThePhoneIsTerminal) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  ASSERT_TRUE(sandbox::remove_device(world.core(), shop, line.host.paired_as->pn.device));
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::logged_out);
  EXPECT_EQ(line.end->detail, "device_removed");
  EXPECT_TRUE(line.end->logged_in);

  EXPECT_FALSE(line.connect());
  EXPECT_EQ(line.end->reason, EndReason::logged_out);
  EXPECT_EQ(line.end->code, 401);
}

TEST_F(LineSandboxTest, OwnLogoutRemovesTheDevice) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  std::optional<bool> confirmed;
  auto run = [](transport::Line& which, std::optional<bool>& into) -> awaitable<void> {
    const bool done = co_await which.logout();
    into = done;
  };
  boost::asio::co_spawn(world.loop, run(*line.line, confirmed), boost::asio::detached);
  ASSERT_TRUE(world.until([&] { return confirmed && line.ended(); }));
  EXPECT_TRUE(*confirmed);
  EXPECT_EQ(line.end->reason, EndReason::own_logout);
  EXPECT_TRUE(shop.companions.empty());
}

TEST_F(LineSandboxTest, ASecondConnectionOfTheSameDeviceIsAConflict) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  TestLine twin(world);
  twin.host.state = line.host.state;
  ASSERT_TRUE(twin.connect());
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::conflict);
}

TEST_F(LineSandboxTest, RefusalsOfALoginHaveNames) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  line.stop();
  const std::vector<std::pair<std::string, EndReason>> codes{{"401", EndReason::logged_out},
                                                             {"402", EndReason::banned},
                                                             {"403", EndReason::account_locked},
                                                             {"405", EndReason::client_outdated},
                                                             {"406", EndReason::banned},
                                                             {"409", EndReason::client_outdated},
                                                             {"400", EndReason::connect_refused},
                                                             {"503", EndReason::service_unavailable},
                                                             {"500", EndReason::service_unavailable}};
  for (const auto& [code, reason] : codes) {
    SCOPED_TRACE(code);
    world.add_fault("login-failure", {{"code", code}, {"expire", "60"}});
    line.start();
    ASSERT_TRUE(world.until([&] { return line.ended(); }));
    EXPECT_EQ(line.end->reason, reason);
    if (code == "402") {
      EXPECT_EQ(line.end->detail, "temporary");
      EXPECT_EQ(line.end->retry_after, std::optional(std::chrono::seconds(60)));
    }
  }
}

TEST_F(LineSandboxTest, BrokenCertificatesAreRefused) {
  for (const std::string variant : {"expired", "wrong-signer", "wrong-static", "corrupt"}) {
    SCOPED_TRACE(variant);
    world.add_fault("certificate", {{"variant", variant}});
    TestLine line(world);
    line.start_pairing();
    ASSERT_TRUE(world.until([&] { return line.ended(); }));
    EXPECT_EQ(line.end->reason, EndReason::certificate_invalid) << name(line.end->reason);
  }
}

TEST_F(LineSandboxTest, ARefusedUpgradeHasItsStatus) {
  world.add_fault("upgrade", {{"status", "503"}});
  TestLine line(world);
  line.start_pairing();
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::service_unavailable);
  EXPECT_EQ(line.end->code, 503);
}

TEST_F(LineSandboxTest, AnUnknownNumberIsNotOnWhatsApp) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  const auto result = line.send(*transport::Jid::parse("4915799999999@s.whatsapp.net"), "anyone?");
  EXPECT_EQ(result.outcome, SendOutcome::recipient_unknown);
  EXPECT_FALSE(result.committed);
}

TEST_F(LineSandboxTest, ErrorsInAcksHaveNames) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  const std::vector<std::pair<std::string, SendOutcome>> codes{{"403", SendOutcome::refused},
                                                               {"429", SendOutcome::rate_limited},
                                                               {"463", SendOutcome::restricted},
                                                               {"475", SendOutcome::refused},
                                                               {"503", SendOutcome::server_trouble}};
  for (const auto& [code, outcome] : codes) {
    SCOPED_TRACE(code);
    world.add_fault("ack", {{"code", code}});
    const auto result = line.send(friendly.pn, "try " + code);
    EXPECT_EQ(result.outcome, outcome) << name(result.outcome);
    EXPECT_EQ(std::to_string(result.code), code);
    EXPECT_TRUE(result.committed);
  }
  world.add_fault("ack", {{"code", "400"}});
  EXPECT_EQ(line.send(friendly.pn, "stale lists are asked for again").outcome, SendOutcome::accepted);
}

TEST_F(LineSandboxTest, ASendWhoseConnectionEndsIsUnconfirmedAndGoesOutOnceMoreUnderTheSameId) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine a(world);
  TestLine b(world);
  ASSERT_TRUE(a.pair_and_connect(shop));
  ASSERT_TRUE(b.pair_and_connect(friendly));
  world.add_fault("drop-before-ack", {});
  const auto lost = a.send(friendly.pn, "exactly once", "3EB0AAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(lost.outcome, SendOutcome::unconfirmed);
  EXPECT_TRUE(lost.committed);
  ASSERT_TRUE(world.until([&] { return a.ended(); }));
  EXPECT_EQ(a.end->reason, EndReason::network);
  a.restart();
  ASSERT_TRUE(a.connect());
  EXPECT_EQ(a.send(friendly.pn, "exactly once", "3EB0AAAAAAAAAAAAAAAAAA").outcome, SendOutcome::accepted);
  EXPECT_EQ(a.send(friendly.pn, "next").outcome, SendOutcome::accepted);
  ASSERT_TRUE(world.until([&] { return b.host.messages.size() >= 2; }));
  EXPECT_THAT(texts(b), ::testing::ElementsAre("exactly once", "next"));
  EXPECT_EQ(b.host.repeated, 1U);
}

TEST_F(LineSandboxTest, AFailedCommitEndsTheLineAndNothingLeaves) {
  auto& shop = account("Shop");
  auto& friendly = account("Friend");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  ASSERT_EQ(line.send(friendly.pn, "first").outcome, SendOutcome::accepted);
  const auto received = friendly.phone->inbox().size();
  line.host.fail_commit = line.host.commits;
  const auto result = line.send(friendly.pn, "never");
  EXPECT_EQ(result.outcome, SendOutcome::commit_failed);
  EXPECT_FALSE(result.committed);
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::store_failed);
  EXPECT_EQ(line.end->cause, Errc::stale_token);
  world.until([] { return false; }, 50ms);
  EXPECT_EQ(friendly.phone->inbox().size(), received);
}

TEST_F(LineSandboxTest, ASilentServerIsNoticed) {
  auto& shop = account("Shop");
  world.settings.times.idle_min = 50ms;
  world.settings.times.idle_max = 60ms;
  world.settings.times.pong = 100ms;
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  EXPECT_FALSE(world.until([&] { return line.ended(); }, 500ms)) << "pings are answered";
  world.add_fault("iq", {{"xmlns", "w:p"}, {"lost", "on"}}, std::nullopt);
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::network);
  EXPECT_EQ(line.end->detail, "silent");
}

TEST_F(LineSandboxTest, FewPrekeysAreRefilled) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  auto* device = shop.device(line.host.paired_as->pn.device);
  while (device->keys.left() > 3)
    device->keys.take();
  sandbox::ask_for_keys(world.core(), *device);
  EXPECT_TRUE(world.until([&] { return device->keys.left() == 3 + world.settings.bounds.more_prekeys; }));
}

TEST_F(LineSandboxTest, ThePhoneIsContentWithItsSyncMessages) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  const auto* device = shop.device(line.host.paired_as->pn.device);
  ASSERT_TRUE(world.until([&] { return device->welcomed && device->queue.empty(); }));
  EXPECT_TRUE(std::any_of(line.host.state.begin(), line.host.state.end(),
                          [](const auto& field) { return field.first.starts_with("appkey/"); }));
  EXPECT_TRUE(line.host.messages.empty());
  EXPECT_FALSE(line.ended());
}

TEST_F(LineSandboxTest, ACutAfterAnyStanzaOfPairingAndLoginEndsWithAReason) {
  auto& shop = account("Shop");
  for (int after = 1; after <= 14; ++after) {
    SCOPED_TRACE(after);
    world.core().faults.clear();
    TestLine line(world);
    world.add_fault("drop", {{"after", std::to_string(after)}});
    line.start_pairing();
    bool scanned = false;
    ASSERT_TRUE(world.until([&] {
      if (!scanned && !line.host.qrs.empty() && !line.ended()) {
        scanned = true;
        sandbox::scan_qr(world.core(), line.host.qrs.back().text.reveal(), &shop);
      }
      return line.ended();
    }));
    const EndReason first = line.end->reason;
    EXPECT_TRUE(first == EndReason::network || first == EndReason::restart_required) << name(first);
    if (!line.host.paired_as) continue;
    // Stored credentials always come back, unless the server never heard our signature.
    line.start();
    ASSERT_TRUE(world.until([&] { return line.ended() || line.host.connected_times > 0; }));
    if (!line.ended()) line.stop();
  }
}

TEST_F(LineSandboxTest, ClosingAtAnyStepEndsTheRunAtOnce) {
  auto& shop = account("Shop");
  for (unsigned stop_at = 0; stop_at < 24; ++stop_at) {
    SCOPED_TRACE(stop_at);
    TestLine line(world);
    unsigned steps = 0;
    line.host.on_step = [&](const char*) {
      if (steps++ == stop_at) line.line->close_now();
    };
    line.start_pairing();
    bool scanned = false;
    for (int life = 0; life < 2 && steps <= stop_at; ++life) {
      ASSERT_TRUE(world.until([&] {
        if (!scanned && !line.host.qrs.empty() && !line.ended()) {
          scanned = true;
          sandbox::scan_qr(world.core(), line.host.qrs.back().text.reveal(), &shop);
        }
        return line.ended() || line.host.connected_times > 0;
      }));
      if (!line.ended()) break;
      if (line.end->reason == EndReason::restart_required) line.start();
    }
    if (!line.ended()) line.line->close_now();
    ASSERT_TRUE(world.until([&] { return line.ended(); }));
    EXPECT_TRUE(line.end->reason == EndReason::closed_by_owner || line.end->reason == EndReason::restart_required)
        << name(line.end->reason);
  }
}

}  // namespace
}  // namespace linekeeper::test
