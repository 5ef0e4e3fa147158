#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace linekeeper::test {

/// A child process; killed when the object dies. It is also killed should the test program itself die.
class Process {
 public:
  /// Starts `argv[0]` (looked up in PATH); its output goes to the file `log`. Throws if it cannot be started.
  Process(std::vector<std::string> argv, const std::string& log);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { kill(); }

  bool running();
  void signal(int number) const;
  /// SIGTERM, and SIGKILL if it does not end within `limit`. Returns the wait status.
  int terminate(std::chrono::milliseconds limit = std::chrono::seconds(10));
  /// SIGKILL, and waits.
  void kill();
  pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

}  // namespace linekeeper::test
