#include "web/target.hpp"

#include <gtest/gtest.h>

namespace linekeeper::control {
namespace {

using Segments = std::vector<std::string>;

TEST(TargetTest, DecodesEachSegmentByItself) {
  EXPECT_EQ(segments_of("/v1/sessions/a%2Fb%20c/qr?format=png"), (Segments{"v1", "sessions", "a/b c", "qr"}));
  EXPECT_EQ(segments_of("/v1/sessions/sp%C3%A4ti"), (Segments{"v1", "sessions", "späti"}));
  EXPECT_EQ(segments_of("/"), Segments{});
  EXPECT_EQ(segments_of("/v1/"), Segments{"v1"});
  EXPECT_EQ(segments_of("/v1//x"), (Segments{"v1", "", "x"}));
}

TEST(TargetTest, RefusesBrokenEscapesAndWhatIsNoPath) {
  for (const char* target : {"", "v1", "*", "/a%2", "/a%", "/a%zz"})
    EXPECT_FALSE(segments_of(target)) << target;
}

TEST(TargetTest, WhatIsEscapedComesBack) {
  const std::string id = "späti/1 Ω?#%&";
  EXPECT_EQ(segments_of("/" + escaped(id)), Segments{id});
}

}  // namespace
}  // namespace linekeeper::control
