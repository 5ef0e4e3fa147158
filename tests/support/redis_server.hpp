#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace linekeeper::test {

/// A redis-server of the test's own on a free loopback port, its data in a folder that vanishes with it. Keeps every
/// acknowledged write (`appendfsync always`) and evicts nothing unless the options say otherwise.
class RedisServer {
 public:
  /// Starts it and waits until it answers. `options` are command line options, "--maxmemory", "8mb". Throws if it does
  /// not come up.
  explicit RedisServer(std::vector<std::string> options = {});

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const;  ///< "redis://127.0.0.1:…/0".
  const TempDir& dir() const noexcept { return dir_; }

  void start();  ///< Again on the same port, with the same data.
  void stop();   ///< SIGTERM.
  void kill();   ///< SIGKILL: a crash.
  void freeze();
  void thaw();

  /// Sends one command past our own code, with blocking hiredis; for setting up and looking. The reply as text:
  /// integers in digits, nil as "(nil)", arrays joined by blanks. Throws on an error reply.
  std::string run(const std::vector<std::string>& command) const;

 private:
  TempDir dir_;
  std::uint16_t port_;
  std::vector<std::string> options_;
  std::string password_;
  std::unique_ptr<Process> process_;
};

}  // namespace linekeeper::test
