#include "line_fixture.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/signal/workspace.hpp"

namespace linekeeper::transport {
namespace {

using namespace std::chrono_literals;

/// What the server has of our keys against what we have. The expected hash is computed here from the stored private
/// halves, byte for byte as the protocol says it.
class LineKeysTest : public LineTest {
 protected:
  LineKeysTest() {
    server.on_node = [this](const Node& node) {
      if (node.child("digest") != nullptr && node.attr_is("type", "get")) return server.send(digest(node));
      answer(node);
    };
    auto keys = signal::generate_prekeys(1, 3);
    signal::Workspace workspace({own.identity, own.registration_id});
    workspace.load(signal::prekey_field(1), std::nullopt);
    EXPECT_TRUE(workspace.add_prekeys(keys));
    for (auto& change : workspace.take_changes())
      host.state[change.field] = *change.value;
    for (const auto& key : keys)
      listed.emplace_back(key.id, key.keys.pub);
    own.next_prekey_id = 4;
    host.state[std::string(kCredentialsField)] = serialize(own);
  }

  static Bytes be(std::uint32_t value, int bytes) {
    Bytes out;
    for (int i = bytes - 1; i >= 0; --i)
      out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    return out;
  }

  Node digest(const Node& request) const {
    Bytes hashed;
    append(hashed, theirs.identity.pub);
    append(hashed, theirs.signed_prekey.keys.pub);
    append(hashed, theirs.signed_prekey.signature);
    Node list("list");
    for (const auto& [id, pub] : listed) {
      append(hashed, pub);
      list.add(Node("id").holding(be(id, 3)));
    }
    const auto hash = crypto::sha1(hashed);
    Node skey("skey");
    skey.add(Node("id").holding(be(theirs.signed_prekey.id, 3)))
        .add(Node("value").holding(to_bytes(theirs.signed_prekey.keys.pub)))
        .add(Node("signature").holding(to_bytes(theirs.signed_prekey.signature)));
    Node node("digest");
    node.add(Node("registration").holding(be(theirs.registration_id, 4)))
        .add(Node("type").holding(Bytes{5}))
        .add(Node("identity").holding(to_bytes(theirs.identity.pub)))
        .add(std::move(skey))
        .add(std::move(list))
        .add(Node("hash").holding(to_bytes(hash)));
    Node result("iq");
    result.with("type", "result").with("from", server_jid()).with("id", *request.attr("id"));
    return result.add(std::move(node));
  }

  void notify() {
    server.send(Node("notification")
                    .with("type", "encrypt")
                    .with("from", server_jid())
                    .with("id", "7")
                    .with("t", "1")
                    .add(Node("digest")));
  }
  bool asked() {
    return until([&] { return !server.all("iq", "digest").empty(); });
  }
  bool uploaded() {
    return until([&] { return !server.all("iq", "list").empty(); });
  }
  /// Long enough for an upload that should not happen: a ping goes there and back.
  void settle() {
    server.send(
        Node("iq").with("type", "get").with("xmlns", "urn:xmpp:ping").with("id", "ping").with("from", server_jid()));
    ASSERT_TRUE(until([&] {
      const auto iqs = server.all("iq");
      return std::any_of(iqs.begin(), iqs.end(), [](const Node* iq) { return iq->attr_is("id", "ping"); });
    }));
  }

  DeviceCredentials own = paired();
  DeviceCredentials theirs = own;
  std::vector<std::pair<std::uint32_t, Key32>> listed;
};

TEST_F(LineKeysTest, KeysThatAgreeAreLeftAlone) {
  ASSERT_TRUE(connect());
  notify();
  ASSERT_TRUE(asked());
  settle();
  EXPECT_TRUE(server.all("iq", "list").empty());
}

TEST_F(LineKeysTest, TheSameIdWithAnotherKeyIsNotTheSame) {
  listed[1].second[0] ^= 1;
  ASSERT_TRUE(connect());
  notify();
  ASSERT_TRUE(uploaded());
  EXPECT_EQ(server.all("iq", "list").front()->child("list")->children().size(), settings.bounds.first_prekeys);
}

TEST_F(LineKeysTest, AKeyThatIsNotOursIsFound) {
  listed.emplace_back(900, Key32{1, 2, 3});
  ASSERT_TRUE(connect());
  notify();
  EXPECT_TRUE(uploaded());
}

TEST_F(LineKeysTest, AnotherSignedPrekeyIsReplacedByOurs) {
  theirs.signed_prekey = signal::make_signed_prekey(theirs.identity, 2);
  ASSERT_TRUE(connect());
  notify();
  ASSERT_TRUE(uploaded());
  EXPECT_EQ(server.all("iq", "list").front()->child("skey")->child("value")->bytes().size(), 32U);
}

TEST_F(LineKeysTest, AfterARollbackTheLoginComparesThem) {
  listed[2].second[31] ^= 1;
  RunMode mode;
  mode.rolled_back = true;
  start(mode);
  ASSERT_TRUE(uploaded());
  const auto stored = parse_credentials(host.state[std::string(kCredentialsField)]);
  EXPECT_EQ(stored->session_era, 1U);
  EXPECT_GT(stored->next_prekey_id, 4096U) << "ids that may have been used are skipped";
}

TEST_F(LineKeysTest, ATokenIsStoredUnderTheHiddenIdAndAcknowledged) {
  ASSERT_TRUE(connect());
  server.send(Node("notification")
                  .with("type", "privacy_token")
                  .with("from", jid("491700000001@s.whatsapp.net"))
                  .with("sender_lid", jid("555@lid"))
                  .with("id", "8")
                  .with("t", "1790000000")
                  .add(Node("tokens").add(Node("token")
                                              .with("type", "trusted_contact")
                                              .with("t", "1790000000")
                                              .with("jid", jid("491701234567@s.whatsapp.net"))
                                              .holding(Bytes{1, 2, 3}))));
  ASSERT_TRUE(until([&] { return !server.all("ack").empty(); }));
  EXPECT_TRUE(host.state.contains(trust_field(jid("555@lid"))));
  EXPECT_EQ(as_text(host.state[lid_field("491700000001")]), "555");
  EXPECT_TRUE(server.all("ack").front()->attr_is("type", "privacy_token"));
}

}  // namespace
}  // namespace linekeeper::transport
