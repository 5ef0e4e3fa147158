#include "web/phone_format.hpp"

#include <gtest/gtest.h>

namespace linekeeper::control {
namespace {

TEST(PhoneFormatTest, GivesOneFormToAllThatPeopleWrite) {
  for (const char* written :
       {"0812-3456-7890", "812 3456 7890", "6281234567890", "+62 812 3456 7890", "(0812) 3456.7890", "006281234567890"})
    EXPECT_EQ(format_phone(written, "62"), "6281234567890") << written;
  EXPECT_EQ(format_phone("+49 170 1234567", "62"), "491701234567");
  EXPECT_EQ(format_phone("491701234567", ""), "491701234567");
}

TEST(PhoneFormatTest, RefusesWhatIsNoNumber) {
  for (const char* written : {"", "+", "abc", "12", "0812x", "1234567890123456", "08+12345678", "++4917012345"})
    EXPECT_FALSE(format_phone(written, "62")) << written;
  for (const char* country : {"0", "062", "1234", "x"})
    EXPECT_FALSE(format_phone("0812345678", country)) << country;
  // Without a code to put there, a leading 0 leads nowhere.
  EXPECT_FALSE(format_phone("0812345678", ""));
}

}  // namespace
}  // namespace linekeeper::control
