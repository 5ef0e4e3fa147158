#include <gtest/gtest.h>

#include "code_desk.hpp"
#include "line_sandbox.hpp"
#include "linekeeper/pairing/link_code.hpp"
#include "notices.hpp"
#include "pairing_desk.hpp"

namespace linekeeper::test {
namespace {

using namespace std::chrono_literals;

class LinePairingTest : public LineSandboxTest {};

TEST_F(LinePairingTest, PairsByQrRestartsAndConnects) {
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

TEST_F(LinePairingTest, PairsByCode) {
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

TEST_F(LinePairingTest, AnotherNumberThanExpectedIsRefusedAndNothingIsStored) {
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

TEST_F(LinePairingTest, ANumberThatAnotherLineHoldsIsRefusedBeforeAndAfterTheCommit) {
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

TEST_F(LinePairingTest, APhoneAnswerThatDoesNotVerifyEndsThePairingByName) {
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

TEST_F(LinePairingTest, ARetiredQrIsShownAnewUnderTheSameIndexAndTheSecondScanLinks) {
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

TEST_F(LinePairingTest, QrsRunOutByName) {
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

TEST_F(LinePairingTest, FewPrekeysAreRefilled) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  auto* device = shop.device(line.host.paired_as->pn.device);
  while (device->keys.left() > 3)
    device->keys.take();
  sandbox::ask_for_keys(world.core(), *device);
  EXPECT_TRUE(world.until([&] { return device->keys.left() == 3 + world.settings.bounds.more_prekeys; }));
}

TEST_F(LinePairingTest, ThePhoneIsContentWithItsSyncMessages) {
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

}  // namespace
}  // namespace linekeeper::test
