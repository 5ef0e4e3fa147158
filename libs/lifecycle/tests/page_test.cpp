#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "lifecycle_page.hpp"

namespace linekeeper::lifecycle {
namespace {

TEST(LifecyclePageTest, TheDocumentationIsWhatTheMachineDoes) {
  std::ifstream file(LINEKEEPER_LIFECYCLE_PAGE);
  ASSERT_TRUE(file) << LINEKEEPER_LIFECYCLE_PAGE;
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), lifecycle_page()) << "docs/lifecycle.md is out of step: lifecycle-page > docs/lifecycle.md";
}

}  // namespace
}  // namespace linekeeper::lifecycle
