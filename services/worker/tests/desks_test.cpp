// Pair and line commands against a line whose machine is real and whose connection is not.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>

#include "line/line_desk.hpp"
#include "line/pair_desk.hpp"
#include "linekeeper/base/errc.hpp"
#include "support/run.hpp"

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;
using lifecycle::Lifecycle;
using lifecycle::Time;

constexpr Time kNow{1'800'000'000'000ms};

class DesksTest : public ::testing::Test, public PairHost, public LineActions {
 protected:
  /// A line that has credentials for `number`, or none.
  void line_of(std::string number) {
    own = std::move(number);
    lifecycle::Stored stored;
    stored.registered = !own.empty();
    stored.status = own.empty() ? v1::LINE_STATUS_NEEDS_PAIRING : v1::LINE_STATUS_CONNECTED;
    machine = std::make_unique<Lifecycle>(Lifecycle::Settings{}, stored);
    machine->on_held(kNow);
    pairs = std::make_unique<PairDesk>(loop.get_executor(), *machine, *this, tasks, concluding());
    lines = std::make_unique<LineDesk>(loop.get_executor(), *machine, *this, tasks, concluding());
  }
  void come_online() {
    machine->on_logged_in(kNow);
    machine->on_synced(kNow);
    changed();
  }
  void changed() {
    pairs->status_changed();
    lines->status_changed();
    settle();
  }
  void settle() {
    loop.restart();
    loop.poll();
  }

  template <typename Body>
  ControlJobPtr job(std::string id, Body body, std::chrono::milliseconds wait = 10min) {
    Command command;
    command.head.command_id = id;
    command.body = std::move(body);
    ControlJob made{std::move(command), {}, auth::WaitClock(wait, std::chrono::steady_clock::now()), 1};
    made.record.command_id = std::move(id);
    return std::make_shared<ControlJob>(std::move(made));
  }
  void pair(std::string id, std::string number = {}, bool take_over = false) {
    v1::PairCommand command;
    command.set_phone_number(std::move(number));
    command.set_take_over(take_over);
    tasks.spawn(pairs->begin(job(std::move(id), command)));
    settle();
  }
  void act(std::string id, v1::LineAction action, std::chrono::milliseconds wait = 10min) {
    v1::LineCommand command;
    command.set_action(action);
    command.add_numbers("491701234567");
    tasks.spawn(lines->begin(job(std::move(id), command, wait)));
    settle();
  }
  Conclude concluding() {
    return [this](ControlJobPtr ended, ControlAnswer answer) { return conclude(std::move(ended), std::move(answer)); };
  }
  awaitable<void> conclude(ControlJobPtr ended, ControlAnswer answer) {
    EXPECT_TRUE(answers.emplace(ended->record.command_id, std::move(answer)).second) << "a second outcome";
    co_return;
  }
  std::string code(const std::string& id) {
    const auto found = answers.find(id);
    if (found == answers.end()) return "none";
    return v1::CommandOutcome_Name(found->second.outcome).substr(16) + " " + v1::ErrorCode_Name(found->second.code);
  }

  // PairHost
  const std::string& own_number() const override { return own; }
  const std::string& pairing_number() const override { return pairing_for; }
  awaitable<Result<void>> remove_other_number() override {
    ++removed;
    own.clear();
    machine->on_other_number_removed(kNow);
    pairs->status_changed();
    co_return ok();
  }
  void pair(const v1::PairCommand& command, auth::UnixMs) override {
    ++started;
    pairing_for = command.phone_number();
    machine->on_pair({}, kNow);
    pairs->status_changed();
  }
  void join_pairing(const v1::PairCommand&) override { ++joined; }

  // LineActions
  void connect() override { machine->on_connect(kNow); }
  void disconnect() override {
    machine->on_disconnect(kNow);
    changed();
  }
  awaitable<bool> logout() override {
    machine->on_logged_out_by_us(kNow);
    co_return confirms;
  }
  awaitable<Result<bool>> yield_number() override { co_return taken; }
  awaitable<Result<std::vector<transport::NumberStatus>>> check_numbers(std::vector<std::string> numbers) override {
    ++asked;
    if (asked <= lost_answers) co_return Errc::connection_lost;
    std::vector<transport::NumberStatus> found(1);
    found[0].number = numbers.front();
    co_return found;
  }

  boost::asio::io_context loop{1};
  net::TaskGroup tasks{loop.get_executor(), [](std::exception_ptr error) { std::rethrow_exception(error); }};
  std::string own, pairing_for;
  std::unique_ptr<Lifecycle> machine;
  std::unique_ptr<PairDesk> pairs;
  std::unique_ptr<LineDesk> lines;
  std::map<std::string, ControlAnswer> answers;
  int started = 0, joined = 0, removed = 0, asked = 0, lost_answers = 0;
  bool confirms = true, taken = false;
};

TEST_F(DesksTest, FivePairCommandsAreOnePairingWithAnOutcomeEach) {
  line_of("");
  for (const char* id : {"1", "2", "3", "4", "5"})
    pair(id);
  EXPECT_EQ(started, 1);
  EXPECT_EQ(joined, 4);
  EXPECT_TRUE(answers.empty());
  machine->on_pairing_live(kNow);
  changed();
  machine->on_paired(kNow);
  changed();
  come_online();
  EXPECT_EQ(answers.size(), 5U);
  EXPECT_EQ(code("5"), "DONE ERROR_CODE_UNSPECIFIED");
  EXPECT_TRUE(pairs->idle());
}

TEST_F(DesksTest, AConnectedLineIsTouchedByNoPairCommand) {
  line_of("491701234567");
  come_online();
  pair("same", "+49 170 1234567");
  pair("none");
  pair("other", "491709999999");
  EXPECT_EQ(code("same"), "DONE ALREADY_CONNECTED");
  EXPECT_EQ(code("none"), "DONE ALREADY_CONNECTED");
  EXPECT_EQ(code("other"), "FAILED CREDENTIALS_CONFLICT");
  EXPECT_EQ(answers["other"].detail, "phone_mismatch");
  EXPECT_EQ(started + joined + removed, 0);
}

TEST_F(DesksTest, NumbersThatAreOneAccountAreNoConflict) {
  line_of("551187654321");  // Brazil: with or without the ninth digit.
  come_online();
  pair("with", "5511987654321");
  EXPECT_EQ(code("with"), "DONE ALREADY_CONNECTED");
}

TEST_F(DesksTest, CredentialsOfAnotherNumberAreRemovedBeforePairing) {
  line_of("491701234567");
  machine->on_ended({lifecycle::Signal::network, {}, {}}, kNow, 1000);
  pair("waits");  // For whatever number the line has: it is tried now.
  EXPECT_EQ(started, 1);
  machine->on_ended({lifecycle::Signal::network, {}, {}}, kNow, 1000);
  pair("other", "491709999999");
  EXPECT_EQ(removed, 1);
  EXPECT_EQ(started, 2);
  EXPECT_EQ(code("waits"), "FAILED CREDENTIALS_CONFLICT");
  EXPECT_EQ(answers["waits"].detail, "other_number_removed");
  EXPECT_EQ(code("other"), "none");
  EXPECT_TRUE(machine->active());
}

TEST_F(DesksTest, APairingUnderWayIsNotTurnedIntoOneForAnotherNumber) {
  line_of("");
  pair("first", "491701234567");
  pair("second", "491709999999");
  EXPECT_EQ(code("second"), "FAILED CREDENTIALS_CONFLICT");
  EXPECT_EQ(answers["second"].detail, "pairing_another_number");
  pair("third");
  EXPECT_EQ(joined, 1);
}

TEST_F(DesksTest, AFailedPairingAnswersWithItsCode) {
  line_of("");
  pair("p");
  machine->on_ended({lifecycle::Signal::pairing_timed_out, "code", {}}, kNow, 0);
  changed();
  EXPECT_EQ(code("p"), "FAILED PAIRING_TIMEOUT");
}

TEST_F(DesksTest, NumbersAreCheckedOnceTheLineIsConnected) {
  line_of("491701234567");
  act("early", v1::LINE_ACTION_CHECK_NUMBERS);
  EXPECT_EQ(code("early"), "none");
  lost_answers = 1;
  come_online();
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(code("early"), "none") << "the connection broke under the question: it is asked again";
  come_online();
  EXPECT_EQ(code("early"), "DONE ERROR_CODE_UNSPECIFIED");
  EXPECT_EQ(answers["early"].numbers.size(), 1U);
}

TEST_F(DesksTest, NumbersThatCannotBeCheckedSayWhy) {
  line_of("491701234567");
  act("waits", v1::LINE_ACTION_CHECK_NUMBERS);
  act("stop", v1::LINE_ACTION_DISCONNECT);
  EXPECT_EQ(code("waits"), "FAILED STOPPED");
  act("stopped", v1::LINE_ACTION_CHECK_NUMBERS);
  EXPECT_EQ(code("stopped"), "FAILED STOPPED");
  EXPECT_EQ(asked, 0);
}

TEST_F(DesksTest, ACommandDoesNotWaitForEver) {
  line_of("491701234567");
  act("late", v1::LINE_ACTION_CHECK_NUMBERS, 0ms);
  loop.restart();
  loop.run_for(5s);  // Ends as soon as nothing is left to do.
  EXPECT_EQ(code("late"), "FAILED EXPIRED");
}

TEST_F(DesksTest, LogoutSaysWhatItCouldDo) {
  line_of("491701234567");
  come_online();
  act("online", v1::LINE_ACTION_LOGOUT);
  EXPECT_EQ(code("online"), "DONE ERROR_CODE_UNSPECIFIED");
  act("again", v1::LINE_ACTION_LOGOUT);
  EXPECT_EQ(code("again"), "DONE ERROR_CODE_UNSPECIFIED");
  act("connect", v1::LINE_ACTION_CONNECT);
  EXPECT_EQ(code("connect"), "FAILED LOGGED_OUT");

  line_of("491701234567");
  confirms = false;
  act("offline", v1::LINE_ACTION_LOGOUT);
  EXPECT_EQ(code("offline"), "DONE LOGGED_OUT");
  EXPECT_EQ(answers["offline"].detail, "the_phone_may_still_list_this_device");

  line_of("");
  act("never", v1::LINE_ACTION_LOGOUT);
  EXPECT_EQ(code("never"), "FAILED NEEDS_PAIRING");
}

TEST_F(DesksTest, ANumberIsYieldedOnlyToWhoTookIt) {
  line_of("491701234567");
  act("forged", v1::LINE_ACTION_YIELD_NUMBER);
  EXPECT_EQ(code("forged"), "SUPERSEDED SUPERSEDED");
  taken = true;
  act("real", v1::LINE_ACTION_YIELD_NUMBER);
  EXPECT_EQ(code("real"), "DONE ERROR_CODE_UNSPECIFIED");
}

}  // namespace
}  // namespace linekeeper::worker
