#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

#include "line_sandbox.hpp"
#include "notices.hpp"
#include "pairing_desk.hpp"

namespace linekeeper::test {
namespace {

using namespace std::chrono_literals;

class LineEndingTest : public LineSandboxTest {};

TEST_F(LineEndingTest, RemovalByThePhoneIsTerminal) {
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

TEST_F(LineEndingTest, OwnLogoutRemovesTheDevice) {
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

TEST_F(LineEndingTest, ASecondConnectionOfTheSameDeviceIsAConflict) {
  auto& shop = account("Shop");
  TestLine line(world);
  ASSERT_TRUE(line.pair_and_connect(shop));
  TestLine twin(world);
  twin.host.state = line.host.state;
  ASSERT_TRUE(twin.connect());
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::conflict);
}

TEST_F(LineEndingTest, RefusalsOfALoginHaveNames) {
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

TEST_F(LineEndingTest, BrokenCertificatesAreRefused) {
  for (const std::string variant : {"expired", "wrong-signer", "wrong-static", "corrupt"}) {
    SCOPED_TRACE(variant);
    world.add_fault("certificate", {{"variant", variant}});
    TestLine line(world);
    line.start_pairing();
    ASSERT_TRUE(world.until([&] { return line.ended(); }));
    EXPECT_EQ(line.end->reason, EndReason::certificate_invalid) << name(line.end->reason);
  }
}

TEST_F(LineEndingTest, ARefusedUpgradeHasItsStatus) {
  world.add_fault("upgrade", {{"status", "503"}});
  TestLine line(world);
  line.start_pairing();
  ASSERT_TRUE(world.until([&] { return line.ended(); }));
  EXPECT_EQ(line.end->reason, EndReason::service_unavailable);
  EXPECT_EQ(line.end->code, 503);
}

TEST_F(LineEndingTest, AFailedCommitEndsTheLineAndNothingLeaves) {
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
  ASSERT_TRUE(world.until([&] { return world.core().lines.empty(); })) << "all that it wrote has been read";
  EXPECT_EQ(friendly.phone->inbox().size(), received);
}

TEST_F(LineEndingTest, ASilentServerIsNoticed) {
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

TEST_F(LineEndingTest, ACutAfterAnyStanzaOfPairingAndLoginEndsWithAReason) {
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

TEST_F(LineEndingTest, ClosingAtAnyStepEndsTheRunAtOnce) {
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
