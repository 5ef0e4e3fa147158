#include <gtest/gtest.h>

#include "linekeeper/node/node.hpp"

namespace linekeeper::transport {
namespace {

TEST(OutlineTest, ShowsNamesAndNeverValues) {
  const Node iq = Node("iq")
                      .with("id", "secret-id")
                      .with("to", *Jid::parse("15550001234@s.whatsapp.net"))
                      .add(Node("list")
                               .add(Node("user").with("jid", *Jid::parse("1@lid")))
                               .add(Node("user").with("jid", *Jid::parse("2@lid"))))
                      .add(Node("enc").holding_bytes(as_bytes("ciphertext")));
  EXPECT_EQ(outline(iq), "iq[id,to]{list{user[jid]×2},enc}");
}

TEST(OutlineTest, NamesThatCouldBeValuesStayHidden) {
  EXPECT_EQ(outline(Node("15550001234").with("Ada Lovelace", "x")), "?[?]");
  EXPECT_EQ(outline(Node("line\nbreak")), "?");
  EXPECT_EQ(outline(Node(std::string(49, 'a'))), "?");
}

TEST(OutlineTest, IsShortWhateverTheNode) {
  Node wide("list");
  for (int i = 0; i < 5000; ++i)
    wide.add(Node(i % 2 == 0 ? "even" : "odd").with("jid", "x"));
  EXPECT_LT(outline(wide).size(), 600U);
  Node deep("a");
  for (int i = 0; i < 1000; ++i)
    deep = Node("level").add(std::move(deep));
  EXPECT_LT(outline(deep, 100).size(), 400U);
}

}  // namespace
}  // namespace linekeeper::transport
