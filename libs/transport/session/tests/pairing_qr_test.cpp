// Pairing by QR against a server that does what it is told: what belongs to the new device is left for its login.
#include "line_fixture.hpp"
#include "linekeeper/pairing/adv.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/qr.hpp"

namespace linekeeper::transport {
namespace {

class PairingQrTest : public LineTest {
 protected:
  PairingQrTest() {
    host.state.clear();
    server.on_open = [this] { server.send(pair_device("1", {"a", "b", "c", "d", "e", "f"})); };
    server.on_node = [this](const Node& node) {
      signed_back = signed_back || node.child("pair-device-sign") != nullptr;
    };
  }

  /// A phone scans what is shown, and the server tells the line.
  void scan() {
    const auto qr = parse_qr(host.qrs.back().text.reveal());
    ASSERT_TRUE(qr);
    AdvDeviceIdentity identity;
    identity.raw_id = 1;
    identity.timestamp = 1'790'000'000;
    identity.key_index = 1;
    PairSuccessParts parts;
    parts.id = "2";
    parts.time = 1'790'000'000;
    parts.container =
        encode(link_companion(crypto::generate_key_pair(), identity, std::nullopt, qr->identity, qr->adv_secret));
    parts.device = jid("491701234567:7@s.whatsapp.net");
    parts.lid = jid("900:7@lid");
    server.send(pair_success(parts));
  }

  bool signed_back = false;
};

TEST_F(PairingQrTest, WhatComesForTheNewDeviceBeforeItsLoginIsNotAcknowledged) {
  RunMode mode;
  mode.pair.emplace();
  start(std::move(mode));
  ASSERT_TRUE(until([&] { return !host.qrs.empty() || end; }));
  scan();
  ASSERT_TRUE(until([&] { return signed_back || end; }));
  ASSERT_TRUE(host.paired_as);
  server.received.clear();
  const Node first = Node("enc").with("v", "2").with("type", "pkmsg").holding(Bytes(60, 0x33));
  server.send(stanza("message", "A").with("type", "text").add(first));
  server.send(stanza("receipt", "B"));
  server.send(stanza("call", "C").add(Node("offer")));
  server.send(stanza("notification", "D").with("type", "devices"));
  // A ping shows that all of this was read.
  server.send(Node("iq").with("from", server_jid()).with("type", "get").with("id", "P").add(Node("ping")));
  server.send(Node("stream:error").with("code", "515"));
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::restart_required);
  EXPECT_TRUE(server.all("ack").empty());
  EXPECT_TRUE(server.all("receipt").empty());
}

}  // namespace
}  // namespace linekeeper::transport
