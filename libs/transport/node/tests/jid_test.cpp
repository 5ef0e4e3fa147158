#include "linekeeper/node/jid.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace linekeeper::transport {
namespace {

TEST(JidTest, PrintsAndParsesEveryKind) {
  const std::pair<const char*, Jid> cases[] = {
      {"15550001234@s.whatsapp.net", {"15550001234", Server::pn, 0, 0}},
      {"15550001234:2@s.whatsapp.net", {"15550001234", Server::pn, 2, 0}},
      {"123456789012345:255@lid", {"123456789012345", Server::lid, 255, 0}},
      {"15550001234-1600000000@g.us", {"15550001234-1600000000", Server::group, 0, 0}},
      {"status@broadcast", {"status", Server::broadcast, 0, 0}},
      {"120363144038483540@newsletter", {"120363144038483540", Server::newsletter, 0, 0}},
      {"15550001234:99@hosted", {"15550001234", Server::hosted, 99, 0}},
      {"123456789012345:99@hosted.lid", {"123456789012345", Server::hosted_lid, 99, 0}},
      {"867051314767696@bot", {"867051314767696", Server::bot, 0, 0}},
      {"123:300@msgr", {"123", Server::msgr, 300, 0}},
      {"7-123:5@interop", {"123", Server::interop, 5, 7}},
      {"0@c.us", {"0", Server::legacy, 0, 0}},
      {"s.whatsapp.net", {}},
      {"call", {"", Server::call, 0, 0}},
  };
  for (const auto& [text, jid] : cases) {
    EXPECT_EQ(jid.str(), text);
    EXPECT_EQ(Jid::parse(text), jid) << text;
  }
}

TEST(JidTest, AcceptsOtherSpellingsOfTheSame) {
  EXPECT_EQ(Jid::parse("@s.whatsapp.net"), server_jid());
  EXPECT_EQ(Jid::parse("15550001234:0@s.whatsapp.net"), Jid::parse("15550001234@s.whatsapp.net"));
}

TEST(JidTest, RefusesWhatNamesNobody) {
  for (const auto* text :
       {"", "@", "15550001234", "1@example.org", "1@", ":1@lid", "1:@lid", "1:x@lid", "1:-1@lid", "1:256@lid",
        "1:65536@msgr", "1:1:1@lid", "a@b@lid", "1:5@g.us", "1@LID", "1:+1@lid", "7-:1@interop"})
    EXPECT_FALSE(Jid::parse(text)) << text;
}

TEST(JidTest, TellsTheAccountBehindADevice) {
  EXPECT_EQ(Jid::parse("1:7@lid")->bare().str(), "1@lid");
  EXPECT_EQ(Jid::parse("1:99@hosted")->account().str(), "1@s.whatsapp.net");
  EXPECT_EQ(Jid::parse("1:99@hosted.lid")->account().str(), "1@lid");
  EXPECT_EQ(Jid::parse("1@c.us")->account().str(), "1@s.whatsapp.net");
  EXPECT_TRUE(same_user(*Jid::parse("1:7@s.whatsapp.net"), *Jid::parse("1@c.us")));
  EXPECT_FALSE(same_user(*Jid::parse("1@s.whatsapp.net"), *Jid::parse("1@lid")));
}

TEST(JidTest, ServesAsAKey) {
  const std::unordered_set<Jid> set = {*Jid::parse("1@lid"), *Jid::parse("1:1@lid"), *Jid::parse("1@s.whatsapp.net"),
                                       *Jid::parse("1@lid")};
  EXPECT_EQ(set.size(), 3U);
}

}  // namespace
}  // namespace linekeeper::transport
