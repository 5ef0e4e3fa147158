#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sandbox_world.hpp"

namespace linekeeper::test {

/// Our client against our server, in one process. Agreement of the two proves little about strangers; what it proves is
/// that every step ends, in the right order, whatever happens in between.
class LineSandboxTest : public ::testing::Test {
 protected:
  sandbox::Account& account(const std::string& name) {
    auto& made = world.core().directory.create();
    made.push_name = name;
    return made;
  }
  static std::vector<std::string> texts(const TestLine& line) {
    std::vector<std::string> out;
    for (const auto& message : line.host.messages)
      out.push_back(message.text.reveal());
    return out;
  }

  /// Pairs both and lets a text go each way: both sessions are there and confirmed.
  ::testing::AssertionResult acquaint(TestLine& a, sandbox::Account& of_a, TestLine& b, sandbox::Account& of_b) {
    if (!a.pair_and_connect(of_a) || !b.pair_and_connect(of_b)) return ::testing::AssertionFailure() << "not paired";
    return answered(a, of_b, b) && answered(b, of_a, a) ? ::testing::AssertionSuccess()
                                                        : ::testing::AssertionFailure() << "no text came through";
  }

  SandboxWorld world;

 private:
  bool answered(TestLine& from, sandbox::Account& account, TestLine& to) {
    const auto before = to.host.messages.size();
    return from.send(account.pn, "good day").outcome == SendOutcome::accepted &&
           world.until([&] { return to.host.messages.size() == before + 1; });
  }
};

}  // namespace linekeeper::test
