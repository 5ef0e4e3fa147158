#include "world.hpp"

#include <gtest/gtest.h>

#include "linekeeper/message/prekeys.hpp"
#include "linekeeper/pairing/client_payload.hpp"
#include "linekeeper/pairing/pair_success.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/qr.hpp"
#include "pairing_desk.hpp"
#include "phone.hpp"

namespace linekeeper::sandbox {

namespace message = transport::message;

namespace {

bool fits(const Node& stanza, std::string_view tag, std::string_view child) {
  return stanza.tag == tag && (child.empty() || stanza.child(child) != nullptr);
}

}  // namespace

TestClient::TestClient(Sandbox& sandbox, RecordingWire& wire, ConnectionId& next)
    : credentials(transport::fresh_credentials()),
      ratchets(credentials.identity),
      sandbox_(sandbox),
      wire_(wire),
      next_(next) {
  // The Signal store has its own signed prekey: that is the one to announce.
  const auto bundle = ratchets.bundle();
  credentials.registration_id = bundle.registration_id;
  credentials.signed_prekey.id = bundle.signed_prekey_id;
  credentials.signed_prekey.keys.pub = bundle.signed_prekey;
  credentials.signed_prekey.signature = bundle.signature;
}

void TestClient::connect() {
  connection = next_++;
  const auto payload = transport::client_payload(credentials, {});
  ASSERT_TRUE(payload);
  sandbox_.opened(connection, credentials.noise.pub, *payload);
}

void TestClient::disconnect() {
  sandbox_.closed(connection);
}

std::vector<Node> TestClient::hears() {
  return std::exchange(wire_.sent[connection], {});
}

bool TestClient::was_told(std::string_view tag, std::string_view child) const {
  for (const Node& stanza : wire_.sent[connection])
    if (fits(stanza, tag, child)) return true;
  return false;
}

Node TestClient::expect(std::string_view tag, std::string_view child) {
  for (const Node& stanza : wire_.sent[connection])
    if (fits(stanza, tag, child)) return stanza;
  ADD_FAILURE() << "no <" << tag << "> with <" << child << "> was heard";
  return Node();
}

Node TestClient::ask(const char* type, const char* xmlns, std::vector<Node> children) {
  const std::string id = "q" + std::to_string(++asked_);
  Node iq("iq");
  iq.with("id", id).with("type", type).with("xmlns", xmlns).with("to", transport::server_jid());
  if (!children.empty()) iq.add_all(std::move(children));
  say(iq);
  for (const Node& stanza : wire_.sent[connection])
    if (stanza.tag == "iq" && stanza.attr_is("id", id)) return stanza;
  return Node();
}

std::string TestClient::qr() const {
  const Node offer = wire_.sent[connection].at(0);
  const auto refs = transport::parse_pair_device(offer);
  return transport::qr_text(credentials, refs.value().at(0)).reveal();
}

void TestClient::countersign() {
  const Node offer = expect("iq", "pair-success");
  auto outcome = transport::verify_pair_success(offer, credentials);
  ASSERT_TRUE(std::holds_alternative<transport::PairAccepted>(outcome));
  auto& accepted = std::get<transport::PairAccepted>(outcome);
  credentials = accepted.credentials;
  say(accepted.answer);
}

void TestClient::pair(const std::string& number) {
  Account* phone = sandbox_.core.directory.by_number(number);
  if (phone == nullptr) {
    phone = sandbox_.core.directory.create(number);
    phone->push_name = "Phone " + number;
  }
  connect();
  ASSERT_EQ(scan_qr(sandbox_.core, qr(), phone).error, LinkError::none);
  countersign();
  ASSERT_TRUE(was_told("stream:error"));
  disconnect();
  connect();
  ASSERT_TRUE(was_told("success"));
}

void TestClient::upload_keys(std::size_t count) {
  std::vector<message::PublicPreKey> keys;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bundle = ratchets.bundle();
    keys.push_back({bundle.one_time->id, bundle.one_time->key});
  }
  message::DeviceKeys device;
  device.registration_id = credentials.registration_id;
  device.identity = credentials.identity.pub;
  device.signed_prekey = {credentials.signed_prekey.id, credentials.signed_prekey.keys.pub,
                          credentials.signed_prekey.signature};
  say(message::upload_request("upload" + std::to_string(++asked_), device, keys));
}

void TestClient::activate() {
  EXPECT_TRUE(ask("set", "passive", {Node("active")}).attr_is("type", "result"));
}

std::string TestClient::send_text(const Jid& to, const std::vector<Jid>& devices, const std::string& id) {
  Node participants("participants");
  for (const Jid& device : devices)
    participants.add(
        Node("to").with("jid", device).add(Node("enc").with("v", 2).with("type", "msg").holding(Bytes{1, 2, 3})));
  say(Node("message").with("id", id).with("to", to).with("type", "text").add(std::move(participants)));
  return id;
}

Account& TestClient::account() const {
  return *sandbox_.core.directory.find(*credentials.me);
}

Device& TestClient::device() const {
  return *account().device(credentials.me->device);
}

World::World(CoreSettings settings) : sandbox(std::move(settings), [this] { return now; }, wire) {}

std::unique_ptr<TestClient> World::paired(const std::string& number, std::size_t keys) {
  auto made = client();
  made->pair(number);
  made->upload_keys(keys);
  made->activate();
  for (const Node& stanza : made->hears())
    if (stanza.tag == "message") made->say(ack_of(stanza));
  made->hears();
  return made;
}

void World::pass(std::chrono::milliseconds time) {
  now += time;
  core().timers.run(now);
}

Node ack_of(const Node& stanza) {
  Node ack("ack");
  ack.with("class", stanza.tag).with("id", stanza.attr("id").value_or(""));
  ack.with("to", stanza.jid("from").value_or(Jid{}));
  ack.with_optional("type", stanza.attr("type"));
  return ack;
}

}  // namespace linekeeper::sandbox
