#include "groups.hpp"

#include <gtest/gtest.h>

#include "world.hpp"

namespace linekeeper::sandbox {
namespace {

Node person(const Jid& jid) {
  return Node("participant").with("jid", jid);
}

class GroupsTest : public testing::Test {
 protected:
  GroupsTest()
      : ada(world.paired("491701111111")), bob(world.paired("491702222222")), eve(world.paired("491703333333")) {
    Node create("create");
    create.with("subject", "Friends").with("key", "abc").add(person(bob->pn().bare()));
    const Node made = to(*ada, "set", Jid{{}, Server::group}, create);
    jid = Jid{*made.child("group")->attr("id"), Server::group};
  }

  Node to(TestClient& who, const char* type, const Jid& where, Node wanted) {
    who.say(Node("iq").with("id", "q").with("type", type).with("xmlns", "w:g2").with("to", where).add(wanted));
    Node answer;
    for (const Node& stanza : who.hears())
      if (stanza.tag == "iq" && stanza.attr_is("id", "q")) answer = stanza;
    return answer;
  }
  Node change(TestClient& who, Node wanted) { return to(who, "set", jid, std::move(wanted)); }
  static std::optional<std::string> code(const Node& answer) {
    const Node* error = answer.child("error");
    return error == nullptr ? std::nullopt : error->attr("code");
  }
  /// A text with a key for `devices`; the error of its ack.
  std::optional<std::string> write(TestClient& who, const std::string& id, const std::vector<Jid>& devices) {
    Node participants("participants");
    for (const Jid& device : devices)
      participants.add(
          Node("to").with("jid", device).add(Node("enc").with("v", 2).with("type", "pkmsg").holding(Bytes{1})));
    Node stanza = Node("message").with("id", id).with("to", jid).with("type", "text");
    if (!devices.empty()) stanza.add(std::move(participants));
    stanza.add(Node("enc").with("v", 2).with("type", "skmsg").holding(Bytes{2}));
    who.hears();
    who.say(stanza);
    return who.expect("ack").attr("error");
  }

  World world;
  std::unique_ptr<TestClient> ada;
  std::unique_ptr<TestClient> bob;
  std::unique_ptr<TestClient> eve;
  Jid jid;
};

TEST_F(GroupsTest, MembersAreToldOfANewGroupAndMayAskForIt) {
  const Node notice = bob->expect("notification", "create");
  EXPECT_TRUE(notice.attr_is("type", "w:gp2"));
  EXPECT_EQ(notice.jid("from"), jid);
  EXPECT_EQ(notice.jid("participant"), ada->lid().bare());
  EXPECT_FALSE(eve->was_told("notification", "create"));

  const Node answer = to(*bob, "get", jid, Node("query").with("request", "interactive"));
  const Node* group = answer.child("group");
  ASSERT_NE(group, nullptr);
  EXPECT_TRUE(group->attr_is("subject", "Friends"));
  EXPECT_TRUE(group->attr_is("addressing_mode", "lid"));
  ASSERT_EQ(group->children().size(), 2U);
  EXPECT_EQ(group->children()[0].jid("jid"), ada->lid().bare());
  EXPECT_EQ(group->children()[0].jid("phone_number"), ada->pn().bare());
  EXPECT_TRUE(group->children()[0].attr_is("type", "superadmin"));
  EXPECT_FALSE(group->children()[1].has("type"));
  EXPECT_EQ(answer.jid("from"), jid);

  EXPECT_EQ(code(to(*eve, "get", jid, Node("query"))), "403");
  EXPECT_EQ(code(to(*bob, "get", Jid{"12345", Server::group}, Node("query"))), "404");
  EXPECT_EQ(to(*bob, "get", Jid{{}, Server::group}, Node("participating")).child("groups")->children().size(), 1U);
  EXPECT_TRUE(to(*eve, "get", Jid{{}, Server::group}, Node("participating")).child("groups")->children().empty());
}

TEST_F(GroupsTest, AMessageReachesEveryDeviceWithItsKeyFirst) {
  const auto second = world.paired("491702222222");
  EXPECT_EQ(write(*ada, "M1", {bob->lid().with_device(bob->device().id)}), std::nullopt);
  const Node first = bob->expect("message");
  EXPECT_EQ(first.jid("from"), jid);
  EXPECT_EQ(first.jid("participant"), ada->lid());
  EXPECT_EQ(first.jid("participant_pn"), ada->pn().bare());
  ASSERT_EQ(first.children().size(), 2U);
  EXPECT_TRUE(first.children()[0].attr_is("type", "pkmsg"));
  EXPECT_TRUE(first.children()[1].attr_is("type", "skmsg"));
  const Node other = second->expect("message");
  ASSERT_EQ(other.children().size(), 1U);
  EXPECT_TRUE(other.children()[0].attr_is("type", "skmsg"));
  EXPECT_FALSE(ada->was_told("message"));
  EXPECT_FALSE(eve->was_told("message"));
  EXPECT_EQ(write(*eve, "M2", {}), "403");
}

TEST_F(GroupsTest, ReceiptsAndRetriesGoToTheAuthor) {
  write(*ada, "M1", {});
  bob->expect("message");
  ada->hears();
  bob->say(Node("receipt").with("id", "M1").with("to", jid).with("participant", ada->lid()));
  const Node delivered = ada->expect("receipt");
  EXPECT_EQ(delivered.jid("from"), jid);
  EXPECT_EQ(delivered.jid("participant"), bob->lid());
  EXPECT_EQ(delivered.jid("participant_pn"), bob->pn().bare());
  EXPECT_FALSE(delivered.has("type"));
  EXPECT_EQ(bob->device().queue.counts().message, 0U);

  Node retry = Node("receipt").with("id", "M1").with("to", jid).with("participant", ada->lid()).with("type", "retry");
  ada->hears();
  bob->say(retry.add(Node("retry").with("id", "M1").with("count", 1)).add(Node("registration").holding(Bytes(4, 1))));
  const Node asked = ada->expect("receipt", "retry");
  EXPECT_EQ(asked.jid("participant"), bob->lid());
  EXPECT_NE(asked.child("registration"), nullptr);

  bob->hears();
  ada->say(Node("message")
               .with("id", "M1")
               .with("to", jid)
               .with("participant", bob->lid())
               .add(Node("enc").with("v", 2).with("type", "pkmsg").with("count", 1).holding(Bytes{3})));
  EXPECT_TRUE(bob->expect("message").child("enc")->attr_is("count", "1"));
}

TEST_F(GroupsTest, OnlyAdminsChangeMembers) {
  EXPECT_EQ(code(change(*bob, Node("add").add(person(eve->pn().bare())))), "403");
  bob->hears();
  const Node added = change(*ada, Node("add").add(person(eve->pn().bare())).add(person(bob->lid().bare())));
  const auto people = added.child("add")->children();
  EXPECT_TRUE(people[0].attr_is("type", "200"));
  EXPECT_TRUE(people[1].attr_is("error", "409"));
  EXPECT_EQ(bob->expect("notification", "add").child("add")->children()[0].jid("jid"), eve->lid().bare());
  EXPECT_TRUE(eve->was_told("notification", "create"));

  change(*ada, Node("promote").add(person(bob->pn().bare())));
  EXPECT_EQ(code(change(*bob, Node("remove").add(person(eve->pn().bare())))), std::nullopt);
  EXPECT_TRUE(eve->was_told("notification", "remove"));
  EXPECT_EQ(write(*eve, "M1", {}), "403");
  const Node refused = change(*bob, Node("remove").add(person(ada->pn().bare())));
  EXPECT_TRUE(refused.child("remove")->children()[0].attr_is("error", "403"));
}

/// whatsmeow believes only the notification.
TEST_F(GroupsTest, AlsoTheDeviceThatDidItIsTold) {
  Node add = Node("add").add(person(eve->pn().bare()));
  ada->say(Node("iq").with("id", "q").with("type", "set").with("xmlns", "w:g2").with("to", jid).add(std::move(add)));
  EXPECT_EQ(ada->expect("notification", "add").child("add")->children()[0].jid("jid"), eve->lid().bare());
}

TEST_F(GroupsTest, WhoLeavesIsGoneForEverybody) {
  const Node left = to(*bob, "set", Jid{{}, Server::group}, Node("leave").add(Node("group").with("id", jid)));
  EXPECT_NE(left.child("leave"), nullptr);
  EXPECT_EQ(ada->expect("notification", "remove").jid("participant"), bob->lid().bare());
  EXPECT_EQ(write(*bob, "M1", {}), "403");
}

TEST_F(GroupsTest, NameDescriptionAndSwitches) {
  bob->hears();
  change(*bob, Node("subject").holding(to_bytes("Best friends")));
  EXPECT_TRUE(ada->expect("notification", "subject").child("subject")->attr_is("subject", "Best friends"));
  change(*ada, Node("description").with("id", "D1").add(Node("body").holding(to_bytes("all of us"))));
  EXPECT_EQ(bob->expect("notification", "description").child("description")->child("body")->text(), "all of us");
  EXPECT_EQ(code(change(*ada, Node("description").with("id", "D2").with("prev", "D0").add(Node("body")))), "409");

  EXPECT_EQ(code(change(*bob, Node("announcement"))), "403");
  EXPECT_EQ(code(change(*ada, Node("announcement"))), std::nullopt);
  EXPECT_TRUE(bob->was_told("notification", "announcement"));
  EXPECT_EQ(write(*bob, "M1", {}), "403");
  EXPECT_EQ(write(*ada, "M2", {}), std::nullopt);
  change(*ada, Node("locked"));
  EXPECT_EQ(code(change(*bob, Node("subject").holding(to_bytes("Mine")))), "403");
  EXPECT_EQ(code(change(*ada, Node("nonsense"))), "501");
}

TEST_F(GroupsTest, AnInviteLetsOneIn) {
  const Node invite = to(*ada, "get", jid, Node("invite"));
  const std::string code_text = *invite.child("invite")->attr("code");
  const Node shown = to(*eve, "get", Jid{{}, Server::group}, Node("invite").with("code", code_text));
  EXPECT_TRUE(shown.child("group")->attr_is("id", jid.user));
  const Node joined = to(*eve, "set", Jid{{}, Server::group}, Node("invite").with("code", code_text));
  EXPECT_EQ(joined.child("group")->jid("jid"), jid);
  EXPECT_TRUE(ada->was_told("notification", "add"));
  change(*ada, Node("invite"));
  EXPECT_EQ(code(to(*bob, "set", Jid{{}, Server::group}, Node("invite").with("code", code_text))), "404");
}

}  // namespace
}  // namespace linekeeper::sandbox
