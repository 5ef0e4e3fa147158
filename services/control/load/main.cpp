// Fills a store with lines, and asks a control room about them: the other half of bench/control.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "linekeeper/net/url.hpp"
#include "probe.hpp"
#include "seed.hpp"

namespace {

constexpr const char* kUsage =
    "linekeeper-control-load seed REDIS_URL KEY_RING_FILE SESSIONS\n"
    "linekeeper-control-load probe GRPC_ADDRESS HTTP_ADDRESS SESSIONS SECONDS\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace linekeeper;
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::string wrong = kUsage;
  if (words.size() == 4 && words[0] == "seed") {
    wrong = control::seed(words[1], words[2], std::strtoul(words[3].c_str(), nullptr, 10));
  } else if (words.size() == 5 && words[0] == "probe") {
    const auto http = net::HostPort::parse(words[2]);
    if (!http) {
      wrong = words[2] + " is no address";
    } else {
      const control::Target target{words[1], http->host, std::to_string(http->port),
                                   std::strtoul(words[3].c_str(), nullptr, 10)};
      wrong = control::probe(target, std::chrono::seconds(std::strtoul(words[4].c_str(), nullptr, 10)));
    }
  }
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  return 1;
}
