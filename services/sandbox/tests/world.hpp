#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "linekeeper/pairing/credentials.hpp"
#include "phone_ratchets.hpp"
#include "sandbox.hpp"

namespace linekeeper::sandbox {

/// Sockets that remember what they were told.
class RecordingWire final : public Wire {
 public:
  void send(ConnectionId to, const Node& stanza) override { sent[to].push_back(stanza); }
  void close(ConnectionId which) override { closed.insert(which); }
  void cut(ConnectionId which) override { dropped.insert(which); }
  void freeze(ConnectionId, bool, bool, std::chrono::milliseconds) override {}

  std::map<ConnectionId, std::vector<Node>> sent;
  std::set<ConnectionId> closed;
  std::set<ConnectionId> dropped;
};

/// A client as far as a server can tell: credentials, a Signal store, and what it does at its connection.
class TestClient {
 public:
  TestClient(Sandbox& sandbox, RecordingWire& wire, ConnectionId& next);

  /// A new connection with the payload that fits: registration or login.
  void connect();
  void disconnect();
  void say(const Node& stanza) { sandbox_.received(connection, stanza); }
  /// What the server said since the last call.
  std::vector<Node> hears();
  /// The same, without forgetting it.
  const std::vector<Node>& heard() const { return wire_.sent[connection]; }
  /// The first stanza since the last `hears()` with this tag (and this child). Fails the test if there is none.
  Node expect(std::string_view tag, std::string_view child = {});
  bool was_told(std::string_view tag, std::string_view child = {}) const;

  /// Sends an iq and returns its answer; an empty node if there was none.
  Node ask(const char* type, const char* xmlns, std::vector<Node> children);

  std::string qr() const;
  /// Everything from the first connection to `success`. The phone is made if need be.
  void pair(const std::string& number);
  /// Answers the pair-success that was heard.
  void countersign();
  void upload_keys(std::size_t count);
  void activate();

  /// A text for these devices, encrypted with whatever bytes: the server never looks.
  std::string send_text(const Jid& to, const std::vector<Jid>& devices, const std::string& id);

  Device& device() const;
  Account& account() const;
  Jid pn() const { return *credentials.me; }
  Jid lid() const { return *credentials.lid; }

  transport::DeviceCredentials credentials;
  PhoneRatchets ratchets;
  ConnectionId connection = 0;

 private:
  Sandbox& sandbox_;
  RecordingWire& wire_;
  ConnectionId& next_;
  std::size_t asked_ = 0;
};

/// A sandbox, its clock and its clients.
class World {
 public:
  explicit World(CoreSettings settings = {});

  std::unique_ptr<TestClient> client() { return std::make_unique<TestClient>(sandbox, wire, next_); }
  /// Paired, keys uploaded, active; what it heard so far is forgotten.
  std::unique_ptr<TestClient> paired(const std::string& number, std::size_t keys = 20);
  void pass(std::chrono::milliseconds time);
  Core& core() { return sandbox.core; }

  std::chrono::milliseconds now{1'790'000'000'000};
  RecordingWire wire;
  Sandbox sandbox;

 private:
  ConnectionId next_ = 1;
};

/// Ack for a stanza that the server sent.
Node ack_of(const Node& stanza);

}  // namespace linekeeper::sandbox
