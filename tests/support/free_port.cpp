#include "support/free_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <random>
#include <stdexcept>

namespace linekeeper::test {
namespace {

constexpr int kLowest = 10'000;
constexpr int kTries = 10'000;

/// Where the kernel begins to give ports to outgoing connections.
int outgoing_from() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/sys/net/ipv4/ip_local_port_range", "r"),
                                                             &std::fclose);
  int low = 0;
  if (!file || std::fscanf(file.get(), "%d", &low) != 1 || low <= kLowest + 1000) return 32'768;
  return low;
}

/// A socket bound to this port; below 0 if somebody else has it.
int bound(int type, std::uint16_t port) {
  const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

}  // namespace

std::uint16_t free_port() {
  static const int end = outgoing_from();
  std::random_device random;
  std::uniform_int_distribution<int> any(kLowest, end - 1);
  for (int i = 0; i < kTries; ++i) {
    const auto port = static_cast<std::uint16_t>(any(random));
    // Ours until this process ends: nobody else who picks ports this way gets it, also while its server is away.
    const int reservation = bound(SOCK_DGRAM, port);
    if (reservation < 0) continue;
    const int probe = bound(SOCK_STREAM, port);
    if (probe >= 0) {
      ::close(probe);
      return port;
    }
    ::close(reservation);
  }
  throw std::runtime_error("no free port");
}

}  // namespace linekeeper::test
