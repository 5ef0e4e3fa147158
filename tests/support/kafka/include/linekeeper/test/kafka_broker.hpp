#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace linekeeper::test {

/// Apache Kafka itself: broker and controller in one process, on loopback, in a folder of its own that goes with it.
/// Needs the jars that `tests/support/kafka/fetch` brings and a Java runtime of version 17 or newer. The process dies
/// with the test. Throws std::runtime_error when something is missing or the broker does not come up.
class KafkaBroker {
 public:
  /// Further lines of server.properties, winning over ours.
  using Properties = std::vector<std::pair<std::string, std::string>>;

  /// Starts and waits until it accepts clients (about 5 s).
  explicit KafkaBroker(const Properties& properties = {});
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  /// 127.0.0.1:port, the same for life.
  std::string address() const;

  /// SIGTERM and wait: an orderly shutdown.
  void stop();
  /// SIGKILL and wait.
  void kill();
  /// SIGSTOP, SIGCONT: it still accepts connections and answers nothing.
  void freeze();
  void thaw();
  /// Starts again on the same port and data, and waits until it accepts clients.
  void restart();

  bool running() const noexcept { return pid_ > 0; }
  /// The broker's output, for a failing test's message.
  std::filesystem::path log_file() const { return folder_ / "log"; }

 private:
  void write_settings(const Properties& properties) const;
  bool came_up(const Properties& properties, int tries);
  void start_again();
  void start();
  void wait_until_ready(std::uintmax_t log_begin);
  void reap();

  std::filesystem::path jars_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::uint16_t controller_port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace linekeeper::test
