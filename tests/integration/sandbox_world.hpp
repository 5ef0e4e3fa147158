#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "linekeeper/http/server.hpp"
#include "linekeeper/message/message_id.hpp"
#include "linekeeper/session/line.hpp"
#include "linekeeper/telemetry/log.hpp"
#include "memory_host.hpp"
#include "phone.hpp"
#include "port.hpp"

namespace linekeeper::test {

using transport::EndReason;
using transport::LineEnd;
using transport::MemoryHost;
using transport::SendOutcome;
using transport::SendResult;

/// A sandbox and the lines that talk to it, on one loop in one thread.
class SandboxWorld {
 public:
  SandboxWorld();
  ~SandboxWorld();

  /// Runs the loop until `holds` or the limit; returns whether it held.
  template <typename Condition>
  bool until(Condition holds, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      loop.restart();
      if (loop.run_one_until(deadline) == 0 && !holds()) return false;
    }
    return true;
  }

  boost::asio::io_context loop{1};
  transport::LineSettings settings;
  std::unique_ptr<sandbox::Port> port;
  sandbox::Core& core() { return port->core(); }

  void add_fault(std::string kind, std::map<std::string, std::string, std::less<>> parameters = {},
                 std::optional<std::uint64_t> times = 1, std::optional<std::string> phone = std::nullopt);

 private:
  telemetry::Log log_;
  std::optional<http::Server> server_;
};

/// One line with its store. The line may be destroyed and made anew over the same store, as after a crash.
class TestLine {
 public:
  explicit TestLine(SandboxWorld& world) : world_(world) { restart(); }
  TestLine(const TestLine&) = delete;
  ~TestLine();

  /// Starts a run; its end shows up in `end`.
  void start(transport::RunMode mode = {});
  void start_pairing(transport::PairRequest request = {});
  /// Pairs by QR with this phone and logs in. False: it did not come to that.
  bool pair_and_connect(sandbox::Account& account);
  bool connect();
  /// Ends the run and waits for it.
  LineEnd stop();
  /// A new line object over the same store.
  void restart();

  bool ended() const { return end.has_value(); }
  SendResult send(const transport::Jid& to, const std::string& text, std::string id = {});
  /// Starts a send; the result shows up in the pointer.
  std::shared_ptr<std::optional<SendResult>> start_send(const transport::Jid& to, const std::string& text,
                                                        std::string id);

  MemoryHost host;
  std::unique_ptr<transport::Line> line;
  std::optional<LineEnd> end;

 private:
  SandboxWorld& world_;
  bool running_ = false;
  unsigned sending_ = 0;
};

}  // namespace linekeeper::test
