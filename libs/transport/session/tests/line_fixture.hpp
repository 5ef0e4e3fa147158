#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "linekeeper/message/iq.hpp"
#include "linekeeper/session/line.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "memory_host.hpp"
#include "scripted_server.hpp"
#include "support/run.hpp"

namespace linekeeper::transport {

inline Jid jid(std::string_view text) {
  return *Jid::parse(text);
}

/// A stanza of somebody whom we know by hidden id.
inline Node stanza(std::string_view tag, std::string_view id) {
  return Node(std::string(tag)).with("from", jid("700@lid")).with("id", std::string(id)).with("t", "1");
}

/// A paired device's state, as pairing leaves it.
inline DeviceCredentials paired() {
  DeviceCredentials credentials = fresh_credentials();
  credentials.me = jid("491701234567:7@s.whatsapp.net");
  credentials.lid = jid("900:7@lid");
  credentials.device_identity = Bytes{1, 2, 3};
  credentials.prekeys_uploaded = true;
  return credentials;
}

class LineTest : public ::testing::Test {
 protected:
  LineTest() {
    settings.url = server.url();
    settings.noise_root = server.root();
    host.state[std::string(kCredentialsField)] = serialize(paired());
    line = std::make_unique<Line>(loop.get_executor(), host, settings);
    server.on_open = [this] { server.send(Node("success").with("t", "1").with("lid", jid("900:7@lid"))); };
    server.on_node = [this](const Node& node) { answer(node); };
  }
  ~LineTest() override {
    line->close_now();
    server.close_now();
    loop.restart();
    loop.run_for(std::chrono::seconds(1));
  }

  /// What a healthy server says.
  void answer(const Node& node) {
    if (silent || node.tag != "iq" || node.attr_is("type", "result") || node.attr_is("type", "error")) return;
    Node result = Node("iq").with("type", "result").with("from", server_jid()).with("id", *node.attr("id"));
    if (node.child("count") != nullptr) result.add(Node("count").with("value", prekeys_left));
    server.send(result);
    if (node.child("active") != nullptr && ends_queue) {
      server.send(Node("ib").with("from", server_jid()).add(Node("offline").with("count", "0")));
    }
  }

  template <typename Condition>
  bool until(Condition holds, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      loop.restart();
      if (loop.run_one_until(deadline) == 0 && !holds()) return false;
    }
    return true;
  }

  void start(RunMode mode = {}) {
    end.reset();
    auto run = [](Line& which, RunMode how, std::optional<LineEnd>& into) -> awaitable<void> {
      LineEnd ended = co_await which.run(std::move(how));
      into = std::move(ended);
    };
    boost::asio::co_spawn(loop, run(*line, std::move(mode), end), boost::asio::detached);
  }
  bool connect() {
    start();
    return until([&] { return host.connected_times > 0 || end; }) && !end;
  }
  bool ended() {
    return until([&] { return end.has_value(); });
  }

  boost::asio::io_context loop{1};
  ScriptedServer server{loop};
  MemoryHost host;
  LineSettings settings;
  std::unique_ptr<Line> line;
  std::optional<LineEnd> end;
  bool silent = false;
  bool ends_queue = true;
  unsigned prekeys_left = 500;
};

}  // namespace linekeeper::transport
