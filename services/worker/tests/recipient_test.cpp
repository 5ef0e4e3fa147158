#include "command/recipient.hpp"

#include <gtest/gtest.h>

namespace linekeeper::worker {
namespace {

std::string read(std::string_view to, std::string_view country = {}) {
  const auto jid = recipient_of(to, country);
  return jid ? jid->str() : "";
}

TEST(RecipientTest, ReadsInternationalNumbersHoweverTheyAreWritten) {
  for (const auto* to : {"491701234567", "+491701234567", "+49 (170) 123-45.67"}) {
    EXPECT_EQ(read(to), "491701234567@s.whatsapp.net") << to;
  }
}

TEST(RecipientTest, ReplacesALeadingZeroOnlyWhereACountryIsSet) {
  EXPECT_EQ(read("0170 1234567"), "");
  EXPECT_EQ(read("0170 1234567", "49"), "491701234567@s.whatsapp.net");
  EXPECT_EQ(read("(0170) 1234567", "49"), "491701234567@s.whatsapp.net");
  EXPECT_EQ(read("+491701234567", "43"), "491701234567@s.whatsapp.net");
}

TEST(RecipientTest, ReadsJidsWithoutTheirDevice) {
  EXPECT_EQ(read("491701234567@s.whatsapp.net"), "491701234567@s.whatsapp.net");
  EXPECT_EQ(read("491701234567:3@s.whatsapp.net"), "491701234567@s.whatsapp.net");
  EXPECT_EQ(read("123456789@lid"), "123456789@lid");
}

TEST(RecipientTest, RefusesEverythingElse) {
  for (const auto* to :
       {"", "hello", "@s.whatsapp.net", "a@nowhere.example", "12", "1234567890123456", "49170x234567"}) {
    EXPECT_EQ(read(to), "") << to;
  }
}

}  // namespace
}  // namespace linekeeper::worker
