#include "linekeeper/node/node.hpp"

#include <gtest/gtest.h>

namespace linekeeper::transport {
namespace {

TEST(NodeTest, IsBuiltInOneExpression) {
  const Node iq = Node("iq")
                      .with("id", "12.34-1")
                      .with("to", server_jid())
                      .with("count", 5)
                      .with_optional("absent", std::optional<Jid>())
                      .with_optional("present", std::optional<std::string>("x"))
                      .add(Node("ping"))
                      .add(Node("enc").holding_bytes(as_bytes("abc")));
  EXPECT_EQ(iq.attr("id"), "12.34-1");
  EXPECT_EQ(iq.jid("to"), server_jid());
  EXPECT_EQ(iq.number("count"), 5U);
  EXPECT_FALSE(iq.has("absent"));
  EXPECT_TRUE(iq.attr_is("present", "x"));
  EXPECT_EQ(iq.children().size(), 2U);
  ASSERT_NE(iq.child("enc"), nullptr);
  EXPECT_EQ(as_text(iq.child("enc")->bytes()), "abc");
  EXPECT_EQ(iq.child("pong"), nullptr);
  EXPECT_EQ(iq.first_child()->tag, "ping");
}

TEST(NodeTest, AddressesReadTheSameInBothForms) {
  const Node typed = Node("a").with("from", *Jid::parse("1:2@lid"));
  const Node text = Node("a").with("from", "1:2@lid");
  EXPECT_EQ(typed.jid("from"), text.jid("from"));
  EXPECT_EQ(typed.attr("from"), text.attr("from"));
  EXPECT_TRUE(typed.attr_is("from", "1:2@lid"));
  EXPECT_TRUE(text.attr_is("from", "1:2@lid"));
  EXPECT_FALSE(Node("a").with("from", "Ada").jid("from"));
  EXPECT_FALSE(typed.number("from"));
}

TEST(NodeTest, ContentReadsTheSameAsBytesAndAsText) {
  const Node bytes = Node("ref").holding(to_bytes("2@abc"));
  const Node text = Node("ref").holding(std::string("2@abc"));
  EXPECT_EQ(as_text(bytes.bytes()), as_text(text.bytes()));
  EXPECT_EQ(bytes.text(), text.text());
  EXPECT_EQ(Node("user").holding(*Jid::parse("1@lid")).text(), "1@lid");
  EXPECT_TRUE(Node("user").holding(*Jid::parse("1@lid")).bytes().empty());
  EXPECT_TRUE(Node("list").add(Node("x")).bytes().empty());
}

TEST(NodeTest, NumbersAreDecimalAndFit) {
  EXPECT_EQ(Node("a").with("t", "18446744073709551615").number("t"), UINT64_MAX);
  for (const auto* text : {"", "18446744073709551616", "-1", "+1", " 1", "1 ", "0x1", "1.0"})
    EXPECT_FALSE(Node("a").with("t", text).number("t")) << text;
}

TEST(NodeTest, ChildrenAddUp) {
  Node list("list");
  list.add_all({Node("a"), Node("b")});
  list.add_all({Node("c")});
  list.add(Node("d"));
  ASSERT_EQ(list.children().size(), 4U);
  EXPECT_EQ(list.children()[2].tag, "c");
  EXPECT_EQ(list.children()[3].tag, "d");
}

}  // namespace
}  // namespace linekeeper::transport
