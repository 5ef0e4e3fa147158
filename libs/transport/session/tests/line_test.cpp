#include "linekeeper/session/line.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "line_fixture.hpp"

namespace linekeeper::transport {
namespace {

using namespace std::chrono_literals;

TEST_F(LineTest, LogsInAsksForItsPrekeysAndBecomesActive) {
  ASSERT_TRUE(connect());
  EXPECT_EQ(server.all("iq", "count").size(), 1U);
  EXPECT_EQ(server.all("iq", "active").size(), 1U);
  EXPECT_TRUE(server.all("iq", "list").empty()) << "enough prekeys: no upload";
  EXPECT_EQ(parse_credentials(host.state[std::string(kCredentialsField)])->login_counter, 1U);
}

TEST_F(LineTest, AQueueThatEndsBeforeItWasAskedForHasEnded) {
  ends_queue = false;
  server.on_open = [this] {
    server.send(Node("success").with("t", "1").with("lid", jid("900:7@lid")));
    server.send(Node("ib").with("from", server_jid()).add(Node("offline").with("count", "0")));
  };
  ASSERT_TRUE(connect());
  EXPECT_EQ(server.all("iq", "active").size(), 1U);
}

TEST_F(LineTest, WhatComesBeforeTheLoginIsCommittedWaitsForIt) {
  std::vector<std::string> steps;
  host.on_step = [&](const char* step) { steps.emplace_back(step); };
  server.on_open = [this] {
    server.send(Node("receipt").with("from", jid("700:2@lid")).with("id", "3EB0A").with("t", "9"));
    server.send(Node("success").with("t", "1").with("lid", jid("900:7@lid")));
  };
  ASSERT_TRUE(connect());
  ASSERT_TRUE(until([&] { return server.all("ack").size() == 1; }));
  const auto at = [&](const char* step) { return std::find(steps.begin(), steps.end(), step) - steps.begin(); };
  EXPECT_LT(at("logged_in"), at("commit_inbound"));
  EXPECT_EQ(host.receipts.size(), 1U);
}

TEST_F(LineTest, NothingIsAcknowledgedByALineThatCouldNotCommitItsLogin) {
  host.fail_commit = 0;
  server.on_open = [this] {
    server.send(stanza("message", "A").with("type", "text").add(Node("unavailable").with("type", "view_once")));
    server.send(Node("success").with("t", "1").with("lid", jid("900:7@lid")));
  };
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::store_failed);
  ASSERT_TRUE(until([&] { return server.closed == server.opened; }));
  EXPECT_TRUE(server.all("ack").empty());
}

TEST_F(LineTest, AnotherHiddenIdIsStored) {
  server.on_open = [this] { server.send(Node("success").with("t", "1").with("lid", jid("901:7@lid"))); };
  ASSERT_TRUE(connect());
  EXPECT_EQ(host.logged_in_as->lid, jid("901:7@lid"));
  EXPECT_EQ(parse_credentials(host.state[std::string(kCredentialsField)])->lid, jid("901:7@lid"));
  EXPECT_EQ(as_text(host.state[lid_field("491701234567")]), "901");
}

TEST_F(LineTest, PrekeysAreStoredBeforeTheyAreUploaded) {
  prekeys_left = 2;
  settings.bounds.more_prekeys = 40;
  bool stored_first = false;
  server.on_node = [this, &stored_first](const Node& node) {
    if (node.child("list") != nullptr) stored_first = host.state.contains(signal::prekey_field(1));
    answer(node);
  };
  ASSERT_TRUE(connect());
  ASSERT_EQ(server.all("iq", "list").size(), 1U);
  EXPECT_EQ(server.all("iq", "list").front()->child("list")->children().size(), 40U);
  EXPECT_TRUE(stored_first);
  EXPECT_EQ(parse_credentials(host.state[std::string(kCredentialsField)])->next_prekey_id, 41U);
}

TEST_F(LineTest, AnUploadThatWasCutOffIsRepeatedWithTheSameKeys) {
  prekeys_left = 2;
  server.on_node = [this](const Node& node) {
    if (node.child("list") != nullptr) return server.cut();
    answer(node);
  };
  start();
  ASSERT_TRUE(ended());
  const std::string first = server.all("iq", "list").front()->child("list")->children()[0].child("id")->text();
  server.received.clear();
  server.on_node = [this](const Node& node) { answer(node); };
  ASSERT_TRUE(connect());
  EXPECT_EQ(server.all("iq", "list").front()->child("list")->children()[0].child("id")->text(), first);
}

TEST_F(LineTest, RoutingIsStoredAndOpensTheNextConnection) {
  ASSERT_TRUE(connect());
  EXPECT_TRUE(server.routing_info.empty());
  server.send(Node("ib")
                  .with("from", server_jid())
                  .add(Node("edge_routing").add(Node("routing_info").holding(Bytes{8, 7, 6}))));
  ASSERT_TRUE(
      until([&] { return !parse_credentials(host.state[std::string(kCredentialsField)])->routing_info.empty(); }));
  line->close_now();
  ASSERT_TRUE(ended());
  host.connected_times = 0;
  ASSERT_TRUE(connect());
  EXPECT_EQ(server.routing_info, (Bytes{8, 7, 6}));
}

TEST_F(LineTest, PingsAreAnsweredWithAndWithoutIdAndUnknownRequestsRefused) {
  ASSERT_TRUE(connect());
  server.received.clear();
  server.send(Node("iq").with("from", server_jid()).with("type", "get").with("xmlns", "urn:xmpp:ping"));
  server.send(Node("iq").with("from", server_jid()).with("type", "get").with("id", "P").add(Node("ping")));
  server.send(Node("iq").with("from", server_jid()).with("type", "get").with("id", "U").with("xmlns", "new:thing"));
  ASSERT_TRUE(until([&] { return server.received.size() >= 3; }));
  EXPECT_TRUE(server.received[0].attr_is("type", "result"));
  EXPECT_FALSE(server.received[0].has("id"));
  EXPECT_TRUE(server.received[1].attr_is("id", "P"));
  EXPECT_TRUE(server.received[2].attr_is("type", "error"));
  EXPECT_TRUE(server.received[2].child("error")->attr_is("code", "501"));
}

TEST_F(LineTest, DirtyStateIsCleaned) {
  ASSERT_TRUE(connect());
  server.send(
      Node("ib").with("from", server_jid()).add(Node("dirty").with("type", "account_sync").with("timestamp", "123")));
  ASSERT_TRUE(until([&] { return !server.all("iq", "clean").empty(); }));
  const Node* clean = server.all("iq", "clean").front()->child("clean");
  EXPECT_TRUE(clean->attr_is("type", "account_sync"));
  EXPECT_TRUE(clean->attr_is("timestamp", "123"));
}

TEST_F(LineTest, EveryNotificationIsAcknowledged) {
  ASSERT_TRUE(connect());
  server.received.clear();
  for (const char* type : {"server_sync", "w:gp2", "picture", "privacy_token", "mex", "never_heard_of"}) {
    server.send(Node("notification").with("from", server_jid()).with("type", type).with("id", type).with("t", "1"));
  }
  ASSERT_TRUE(until([&] { return server.all("ack").size() == 6; }));
  EXPECT_TRUE(server.all("ack").back()->attr_is("type", "never_heard_of"));
}

TEST_F(LineTest, WhatCannotBeReadIsAcknowledgedSoThatItDoesNotComeForEver) {
  ASSERT_TRUE(connect());
  server.received.clear();
  server.send(stanza("message", "A").with("type", "text").add(Node("unavailable").with("type", "view_once")));
  server.send(Node("message")
                  .with("from", jid("120363@newsletter"))
                  .with("id", "B")
                  .with("t", "1")
                  .add(Node("plaintext").holding(Bytes{1})));
  server.send(stanza("message", "C").add(Node("enc").with("v", "2").with("type", "msmsg").holding(Bytes{1})));
  server.send(stanza("call", "D").add(Node("offer")));
  ASSERT_TRUE(until([&] { return server.all("ack").size() == 4; }));
  EXPECT_TRUE(host.messages.empty());
}

TEST_F(LineTest, AnUndecryptableMessageIsAskedForAgainFourTimesAndThenReportedAsUnreadable) {
  ASSERT_TRUE(connect());
  server.received.clear();
  const Node message = Node("message")
                           .with("from", jid("700@lid"))
                           .with("id", "A")
                           .with("t", "5")
                           .with("type", "text")
                           .add(Node("enc").with("v", "2").with("type", "msg").holding(Bytes(60, 0x33)));
  for (unsigned i = 1; i <= 4; ++i) {
    server.send(message);
    ASSERT_TRUE(until([&] { return server.all("receipt", "retry").size() == i; })) << i;
    const Node* receipt = server.all("receipt", "retry").back();
    EXPECT_TRUE(receipt->child("retry")->attr_is("count", std::to_string(i)));
    EXPECT_EQ(server.all("ack").size(), i);
  }
  EXPECT_NE(server.all("receipt", "retry").back()->child("keys"), nullptr);
  server.send(message);
  ASSERT_TRUE(until([&] { return !host.messages.empty(); }));
  EXPECT_EQ(host.messages.front().content_type, "unreadable");
  EXPECT_EQ(server.all("receipt", "retry").size(), 4U);
}

TEST_F(LineTest, AReceiptIsAcknowledgedOnlyAfterTheHostHasIt) {
  ASSERT_TRUE(connect());
  server.received.clear();
  std::size_t acks_before = 99;
  host.on_step = [&](const char* step) {
    if (std::string_view(step) == "commit_inbound") acks_before = server.all("ack").size();
  };
  server.send(Node("receipt").with("from", jid("700:2@lid")).with("id", "3EB0A").with("type", "read").with("t", "9"));
  ASSERT_TRUE(until([&] { return server.all("ack").size() == 1; }));
  EXPECT_EQ(acks_before, 0U);
  ASSERT_EQ(host.receipts.size(), 1U);
  EXPECT_EQ(host.receipts.front().kind, ReceiptKind::read);
  EXPECT_EQ(host.receipts.front().device, jid("700:2@lid"));
  EXPECT_EQ(host.receipts.front().at, 9);
}

TEST_F(LineTest, AGroupsReceiptTeachesBothAddressesOfItsMember) {
  ASSERT_TRUE(connect());
  const auto receipt = [](const char* id) {
    return Node("receipt").with("from", jid("12345@g.us")).with("id", id).with("t", "9");
  };
  server.send(receipt("A").with("participant", jid("700:2@lid")).with("participant_pn", jid("15@s.whatsapp.net")));
  server.send(receipt("B").with("participant", jid("16:1@s.whatsapp.net")).with("participant_lid", jid("701@lid")));
  // Neither of these names a pair.
  server.send(receipt("C").with("participant", jid("702:2@lid")).with("participant_pn", jid("703@lid")));
  server.send(receipt("D").with("participant_pn", jid("17@s.whatsapp.net")));
  ASSERT_TRUE(until([&] { return server.all("ack").size() == 4; }));
  EXPECT_EQ(as_text(host.state[lid_field("15")]), "700");
  EXPECT_EQ(as_text(host.state[pn_field("700")]), "15");
  EXPECT_EQ(as_text(host.state[lid_field("16")]), "701");
  EXPECT_FALSE(host.state.contains(pn_field("702")));
  EXPECT_FALSE(host.state.contains(lid_field("17")));
  EXPECT_EQ(host.receipts.size(), 4U);
}

TEST_F(LineTest, NothingIsAcknowledgedThatTheHostDidNotTake) {
  ASSERT_TRUE(connect());
  server.received.clear();
  host.fail_commit = host.commits;
  server.send(Node("receipt").with("from", jid("700:2@lid")).with("id", "3EB0A").with("t", "9"));
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::store_failed);
  ASSERT_TRUE(until([&] { return server.closed == server.opened; }));
  EXPECT_TRUE(server.all("ack").empty());
}

TEST_F(LineTest, TheOwnPhonesNewIdentityLogsOut) {
  ASSERT_TRUE(connect());
  server.send(Node("notification")
                  .with("from", jid("491701234567@s.whatsapp.net"))
                  .with("type", "encrypt")
                  .with("id", "N")
                  .with("t", "1")
                  .add(Node("identity")));
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::logged_out);
  EXPECT_EQ(end->detail, "primary_reinstalled");
}

TEST_F(LineTest, AMissingAckIsGivenAndTheStreamStays) {
  ASSERT_TRUE(connect());
  server.send(Node("message")
                  .with("from", jid("491701234567@s.whatsapp.net"))
                  .with("id", "A")
                  .with("t", "1")
                  .with("recipient", jid("700@lid"))
                  .with("type", "text")
                  .add(Node("enc").with("v", "2").with("type", "msg").holding(Bytes(60, 0x33))));
  ASSERT_TRUE(until([&] { return !server.all("receipt").empty(); }));
  EXPECT_TRUE(server.all("receipt").front()->attr_is("type", "sender"));
  EXPECT_TRUE(server.all("ack").empty());
  server.send(Node("stream:error").add(Node("ack").with("id", "A")));
  ASSERT_TRUE(until([&] { return !server.all("ack").empty(); }));
  EXPECT_FALSE(end);
  server.cut();
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::stream_desync);
  EXPECT_EQ(end->detail, "ack");
}

TEST_F(LineTest, AQueueWithoutEndIsOverAfterItsSilence) {
  ends_queue = false;
  settings.times.offline = 100ms;
  EXPECT_TRUE(connect());
}

TEST_F(LineTest, AServerThatNeverAnswersTheLoginIsLeft) {
  server.on_open = nullptr;
  settings.times.login = 100ms;
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::network);
  EXPECT_EQ(end->detail, "no_login_answer");
  EXPECT_FALSE(end->logged_in);
}

TEST_F(LineTest, BytesThatDoNotOpenEndTheStream) {
  ASSERT_TRUE(connect());
  Bytes garbage;
  append_frame(garbage, Bytes(40, 0x55));
  server.send_raw(std::move(garbage));
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::stream_desync);
}

TEST_F(LineTest, WithoutCredentialsAndWithoutPairingNothingIsSent) {
  host.state.clear();
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::needs_pairing);
  EXPECT_EQ(server.opened, 0U);
}

TEST_F(LineTest, CredentialsOfAnotherNumberAreNotUsed) {
  RunMode mode;
  mode.expected_number = "+49 170 7654321";
  start(std::move(mode));
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::credentials_conflict);
  EXPECT_EQ(server.opened, 0U);
}

TEST_F(LineTest, DamagedCredentialsAreNamed) {
  host.state[std::string(kCredentialsField)] = Bytes{1, 2, 3};
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::credentials_conflict);
  EXPECT_EQ(end->detail, "corrupt");
}

TEST_F(LineTest, NobodyListensIsANetworkEnd) {
  settings.url = "ws://127.0.0.1:1/ws/chat";
  start();
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::network);
}

TEST_F(LineTest, SendingWithoutConnectionCommitsNothing) {
  Outgoing message;
  message.id = "3EB0A";
  message.to = jid("700@lid");
  message.message = SecretBytes(Bytes{10, 1, 'x'});
  bool asked = false;
  message.commit = [&](Changes changes, SendPlan) {
    asked = true;
    return host.commit_send(std::move(changes));
  };
  const SendResult result = test::run(loop, line->send(std::move(message)));
  EXPECT_EQ(result.outcome, SendOutcome::not_connected);
  EXPECT_FALSE(asked);
}

TEST_F(LineTest, AMessageThatBreaksTheRulesIsNotSent) {
  ASSERT_TRUE(connect());
  server.received.clear();
  for (const char* to : {"12345@g.us", "status@broadcast", "120363@newsletter"}) {
    SCOPED_TRACE(to);
    Outgoing message;
    message.id = "3EB0A";
    message.to = jid(to);
    message.message = SecretBytes(Bytes{10, 1, 'x'});
    message.commit = [this](Changes changes, SendPlan) { return host.commit_send(std::move(changes)); };
    EXPECT_EQ(test::run(loop, line->send(std::move(message))).outcome, SendOutcome::invalid);
  }
  EXPECT_TRUE(server.received.empty());
}

TEST_F(LineTest, ALogoutThatIsNotAnsweredEndsByItsDeadline) {
  settings.times.logout = 100ms;
  ASSERT_TRUE(connect());
  silent = true;
  EXPECT_FALSE(test::run(loop, line->logout()));
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::own_logout);
  EXPECT_EQ(end->detail, "unconfirmed");
  EXPECT_TRUE(server.all("iq", "remove-companion-device")
                  .front()
                  ->child("remove-companion-device")
                  ->attr_is("jid", "491701234567:7@s.whatsapp.net"));
}

}  // namespace
}  // namespace linekeeper::transport
