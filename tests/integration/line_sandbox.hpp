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

  SandboxWorld world;
};

}  // namespace linekeeper::test
