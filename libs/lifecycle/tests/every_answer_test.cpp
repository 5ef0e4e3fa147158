// Every status × everything that can happen: an answer that keeps the rules, whichever it is.
#include <gtest/gtest.h>

#include <algorithm>

#include "situations.hpp"

namespace linekeeper::lifecycle {
namespace {

using namespace std::chrono_literals;
using Kind = Action::Kind;

std::size_t count(const Actions& actions, Kind kind) {
  return std::size_t(std::count_if(actions.begin(), actions.end(), [kind](const Action& a) { return a.kind == kind; }));
}

/// What a caller has open and armed, as the actions told it.
struct Outside {
  bool connection = false;
  bool timer = false;

  void follow(const Actions& actions) {
    for (const Action& action : actions) {
      switch (action.kind) {
        case Kind::close: connection = false; break;
        case Kind::connect:
          EXPECT_FALSE(connection) << "a second connection";
          connection = true;
          break;
        case Kind::schedule: timer = true; break;
        case Kind::cancel_schedule: timer = false; break;
        default: break;
      }
    }
  }
};

bool waits_for_a_person(v1::LineStatus status) {
  switch (status) {
    case v1::LINE_STATUS_NEEDS_PAIRING:
    case v1::LINE_STATUS_STOPPED:
    case v1::LINE_STATUS_LOGGED_OUT:
    case v1::LINE_STATUS_ACCOUNT_LOCKED:
    case v1::LINE_STATUS_CONFLICT:
    case v1::LINE_STATUS_BANNED:
    case v1::LINE_STATUS_CLIENT_OUTDATED: return true;
    default: return false;
  }
}

struct Case {
  Lifecycle line;
  Outside outside;
};

/// The situation, with what its way opened and armed: a line is active exactly if it has a connection.
Case begin(const Situation& situation) {
  Case c{in(situation), {}};
  c.outside.connection = c.line.active();
  const bool pairing = c.line.active() && !c.line.registered();
  c.outside.timer = !pairing && c.line.next_retry_at().has_value();
  return c;
}

void expect_in_order(const Case& c, const Actions& actions, bool stored_before) {
  const Lifecycle& line = c.line;
  EXPECT_NE(line.status(), v1::LINE_STATUS_UNSPECIFIED);
  EXPECT_EQ(line.active(), c.outside.connection);
  EXPECT_LE(count(actions, Kind::publish), 1U) << "one change, one event";
  EXPECT_LE(count(actions, Kind::connect) + count(actions, Kind::schedule), line.active() ? 2U : 1U);
  EXPECT_EQ(count(actions, Kind::archive_credentials) + count(actions, Kind::discard_credentials) > 0,
            count(actions, Kind::archive_credentials) == 1 || count(actions, Kind::discard_credentials) == 1);
  if (count(actions, Kind::archive_credentials) > 0) {
    EXPECT_FALSE(line.registered());
  }
  if (line.active()) {
    EXPECT_EQ(line.desired(), Desired::run);
    EXPECT_FALSE(line.next_retry_at());
  } else {
    // A timer is told, and what is told is a timer; only a rate limit of pairing is a word to people alone.
    const bool word = line.status() == v1::LINE_STATUS_NEEDS_PAIRING;
    if (word) {
      EXPECT_FALSE(c.outside.timer);
    } else if (stored_before) {
      EXPECT_EQ(c.outside.timer, line.next_retry_at().has_value());
    }
  }
  switch (line.status()) {
    case v1::LINE_STATUS_NEEDS_PAIRING: EXPECT_FALSE(line.registered()); break;
    case v1::LINE_STATUS_LOGGED_OUT:
    case v1::LINE_STATUS_ACCOUNT_LOCKED:
      EXPECT_FALSE(line.registered());
      EXPECT_FALSE(c.outside.timer);
      EXPECT_EQ(line.retry_count(), 0U);
      EXPECT_FALSE(line.next_retry_at());
      break;
    case v1::LINE_STATUS_STOPPED:
    case v1::LINE_STATUS_CLIENT_OUTDATED:
      EXPECT_FALSE(c.outside.timer);
      EXPECT_EQ(line.retry_count(), 0U);
      break;
    case v1::LINE_STATUS_PAIRING: EXPECT_TRUE(line.active()); break;
    case v1::LINE_STATUS_CONNECTING:
    case v1::LINE_STATUS_SYNCING:
    case v1::LINE_STATUS_CONNECTED: EXPECT_TRUE(line.registered()); break;
    case v1::LINE_STATUS_DISCONNECTED:
      EXPECT_TRUE(line.registered());
      EXPECT_TRUE(c.outside.timer);
      break;
    default: break;
  }
}

TEST(EveryAnswerTest, EachStatusTakesEachInputAndKeepsTheRules) {
  std::vector<Input> inputs = commands();
  for (auto& group : {signals(), steps()})
    inputs.insert(inputs.end(), group.begin(), group.end());
  for (const Situation& situation : situations()) {
    for (const Input& input : inputs) {
      SCOPED_TRACE(situation.name + " × " + input.name);
      Case c = begin(situation);
      const v1::LineStatus before = c.line.status();
      const bool lost = input.name == "lease lost";
      const bool fires = input.name == "timer";
      if (fires) c.outside.timer = false;
      const Actions actions = input.happens(c.line);
      if (fires && actions.empty()) c.outside.timer = c.line.next_retry_at().has_value();
      c.outside.follow(actions);
      if (input.name == "closed by us") {
        // Whoever closed it says what comes next.
        EXPECT_TRUE(actions.empty());
        continue;
      }
      if (lost) {
        // Nobody's line any more: closed, nothing armed, nothing said.
        EXPECT_FALSE(c.outside.connection || c.outside.timer);
        EXPECT_EQ(count(actions, Kind::publish), 0U);
        continue;
      }
      // What changed is stored and told, except between two rounds of QR codes.
      if (c.line.status() != before) {
        EXPECT_EQ(count(actions, Kind::publish), 1U);
      }
      expect_in_order(c, actions, true);
    }
  }
}

TEST(EveryAnswerTest, NothingButACommandOrATimerWakesALineThatIsNotConnected) {
  for (const Situation& situation : situations()) {
    Case c = begin(situation);
    if (c.line.active()) continue;
    for (auto& group : {signals(), steps()}) {
      for (const Input& input : group) {
        if (input.name == "timer" || input.name == "lease lost") continue;
        SCOPED_TRACE(situation.name + " × " + input.name);
        EXPECT_TRUE(input.happens(c.line).empty());
      }
    }
  }
}

TEST(EveryAnswerTest, ALineThatWaitsForAPersonHasNoTimerUnlessItIsTold) {
  for (const Situation& situation : situations()) {
    SCOPED_TRACE(situation.name);
    Case c = begin(situation);
    if (!waits_for_a_person(c.line.status()) || c.line.active()) continue;
    const bool temporary = situation.name == "BANNED, for a time";
    EXPECT_EQ(c.line.next_retry_at().has_value(), temporary);
    const Actions due = c.line.on_due(kPageTime + 24h * 365);
    EXPECT_EQ(due.empty(), !temporary);
  }
}

TEST(EveryAnswerTest, OnlyAPairCommandBringsBackALineWithoutCredentials) {
  for (const Situation& situation : situations()) {
    if (begin(situation).line.registered() || begin(situation).line.active()) continue;
    for (const Input& input : commands()) {
      SCOPED_TRACE(situation.name + " × " + input.name);
      Lifecycle line = in(situation);
      const Actions actions = input.happens(line);
      EXPECT_EQ(count(actions, Kind::connect), input.name == "pair" ? 1U : 0U);
    }
  }
}

TEST(EveryAnswerTest, AHolderThatFindsWhatAnotherStoredDoesNotConnectWhereThatOneWouldNot) {
  for (const Situation& situation : situations()) {
    SCOPED_TRACE(situation.name);
    const Lifecycle before = in(situation);
    Stored found;
    found.registered = before.registered();
    found.desired = before.desired();
    found.status = before.status();
    found.code = before.code();
    found.detail = before.detail();
    found.next_retry_at = before.next_retry_at();
    Lifecycle::Settings settings;
    settings.version = "2.3000.1";
    Lifecycle line(settings, found);
    const Actions actions = line.on_held(kPageTime);
    const bool runs = before.registered() && !waits_for_a_person(before.status());
    EXPECT_EQ(count(actions, Kind::connect), runs ? 1U : 0U);
  }
}

}  // namespace
}  // namespace linekeeper::lifecycle
