#include "fd_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace linekeeper::telemetry {
namespace {

constexpr int kPatienceMs = 5;
constexpr std::chrono::milliseconds kStuckFor{100};

bool takes_bytes(int fd, int timeout_ms) {
  pollfd asked{fd, POLLOUT, 0};
  return ::poll(&asked, 1, timeout_ms) == 1 && (asked.revents & POLLOUT) != 0;
}

}  // namespace

void FdSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter_->format(message, line);
  const auto now = std::chrono::steady_clock::now();
  const int patience = now < stuck_until_ ? 0 : kPatienceMs;
  // A pipe that polls writable has room for PIPE_BUF bytes, and no line is longer: the write does not block.
  if (!takes_bytes(fd_, patience)) {
    if (patience > 0) stuck_until_ = now + kStuckFor;
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  std::size_t written = 0;
  while (written < line.size()) {
    const ssize_t n = ::write(fd_, line.data() + written, line.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    written += static_cast<std::size_t>(n);
  }
}

}  // namespace linekeeper::telemetry
