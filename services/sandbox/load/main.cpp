// How much one sandbox carries: so many lines connected and idle, logins and texts per second, and what they cost.
//   linekeeper-sandbox-load wss://127.0.0.1:8443/ws/chat NOISE-ROOT PID [LINES [LOGINS/S [TEXTS/S [SECONDS]]]]
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <vector>

#include "load_client.hpp"

namespace linekeeper::sandbox::load {

void trust(const Key32& root);

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

struct Plan {
  std::size_t lines = 2000;
  double logins_per_second = 100;
  double texts_per_second = 500;
  double seconds = 10;
  int pid = 0;
};

/// CPU seconds that the server's process has used.
double cpu_of(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string word;
  for (int i = 0; i < 13; ++i)
    in >> word;
  double user = 0;
  double system = 0;
  in >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double anonymous_kib(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(in, line))
    if (line.starts_with("RssAnon:")) return std::stod(line.substr(8));
  return 0;
}

class Load {
 public:
  Load(boost::asio::io_context& loop, Target target, Plan plan)
      : loop_(loop), target_(std::move(target)), plan_(plan) {}

  awaitable<void> run() {
    co_await pair_all();
    co_await log_in_again();
    co_await exchange_texts();
    loop_.stop();
  }

 private:
  awaitable<void> pause(Clock::time_point until) {
    boost::asio::steady_timer timer(loop_, until);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }

  void keep_listening(LoadClient& client) { boost::asio::co_spawn(loop_, client.listen(), boost::asio::detached); }

  awaitable<void> pair_one(LoadClient& client) {
    const bool paired = co_await client.pair();
    paired ? ++done_ : ++failed_;
    if (paired) keep_listening(client);
  }

  awaitable<void> log_in_one(LoadClient& client, Clock::time_point due) {
    const bool in = co_await client.log_in();
    in ? ++done_ : ++failed_;
    latencies_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
    if (in) keep_listening(client);
  }

  awaitable<void> wait_for(std::size_t count, Clock::time_point limit) {
    while (done_ + failed_ < count && Clock::now() < limit)
      co_await pause(Clock::now() + 5ms);
  }

  void begin() {
    done_ = failed_ = 0;
    latencies_.clear();
    start_ = Clock::now();
    cpu_ = cpu_of(plan_.pid);
  }

  void report(const char* what, std::size_t count) {
    const double wall = std::chrono::duration<double>(Clock::now() - start_).count();
    const double cpu = cpu_of(plan_.pid) - cpu_;
    std::printf("%s: %zu in %.1f s (%.0f/s), %zu failed; server CPU %.2f s = %.0f us each, %.0f %% of a core", what,
                done_, wall, static_cast<double>(done_) / wall, failed_, cpu,
                cpu * 1e6 / static_cast<double>(std::max<std::size_t>(count, 1)), 100 * cpu / wall);
    if (!latencies_.empty()) {
      std::sort(latencies_.begin(), latencies_.end());
      std::printf("; p50 %.1f ms, p99 %.1f ms", latencies_[latencies_.size() / 2],
                  latencies_[latencies_.size() * 99 / 100]);
    }
    std::printf("\n");
    std::fflush(stdout);
  }

  awaitable<void> pair_all() {
    const double before = anonymous_kib(plan_.pid);
    begin();
    for (std::size_t i = 0; i < plan_.lines; ++i) {
      clients_.push_back(std::make_unique<LoadClient>(target_));
      boost::asio::co_spawn(loop_, pair_one(*clients_.back()), boost::asio::detached);
      while (clients_.size() - done_ - failed_ >= 32)
        co_await pause(Clock::now() + 1ms);
    }
    co_await wait_for(plan_.lines, Clock::now() + 120s);
    report("pairings", plan_.lines);
    begin();
    co_await pause(Clock::now() + 10s);
    const auto up = static_cast<std::size_t>(
        std::count_if(clients_.begin(), clients_.end(), [](const auto& client) { return client->open(); }));
    std::printf("idle: %zu lines up; RssAnon %.1f KiB a line; ", up,
                (anonymous_kib(plan_.pid) - before) / static_cast<double>(plan_.lines));
    report("ten seconds", 1);
  }

  awaitable<void> log_in_again() {
    const auto count = static_cast<std::size_t>(plan_.logins_per_second * plan_.seconds);
    for (std::size_t i = 0; i < std::min(count, clients_.size()); ++i)
      clients_[i]->close();
    co_await pause(Clock::now() + 1s);
    begin();
    const std::size_t logins = std::min(count, clients_.size());
    for (std::size_t i = 0; i < logins; ++i) {
      const auto due = start_ + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(static_cast<double>(i) / plan_.logins_per_second));
      co_await pause(due);
      boost::asio::co_spawn(loop_, log_in_one(*clients_[i], due), boost::asio::detached);
    }
    co_await wait_for(logins, Clock::now() + 60s);
    report("logins", logins);
  }

  awaitable<void> send_one(LoadClient& from, const LoadClient& to, Clock::time_point due) {
    const transport::Jid device = *to.credentials().lid;
    const bool sent = co_await from.send_text(device.bare(), device, [this, due] {
      ++done_;
      latencies_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - due).count());
    });
    if (!sent) ++failed_;
  }

  awaitable<void> exchange_texts() {
    const auto count = static_cast<std::size_t>(plan_.texts_per_second * plan_.seconds);
    std::mt19937 random(1);
    std::uint64_t before = 0;
    for (const auto& client : clients_)
      before += client->received();
    begin();
    for (std::size_t i = 0; i < count; ++i) {
      const auto due = start_ + std::chrono::duration_cast<Clock::duration>(
                                    std::chrono::duration<double>(static_cast<double>(i) / plan_.texts_per_second));
      if (due > Clock::now()) co_await pause(due);
      const std::size_t from = random() % clients_.size();
      const std::size_t to = (from + 1 + random() % (clients_.size() - 1)) % clients_.size();
      boost::asio::co_spawn(loop_, send_one(*clients_[from], *clients_[to], due), boost::asio::detached);
    }
    co_await wait_for(count, Clock::now() + 60s);
    report("texts", count);
    co_await pause(Clock::now() + 1s);
    std::uint64_t received = 0;
    for (const auto& client : clients_)
      received += client->received();
    std::printf("received: %llu of %zu\n", static_cast<unsigned long long>(received - before), count);
  }

  boost::asio::io_context& loop_;
  Target target_;
  Plan plan_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
  std::size_t done_ = 0;
  std::size_t failed_ = 0;
  std::vector<double> latencies_;
  Clock::time_point start_;
  double cpu_ = 0;
};

}  // namespace
}  // namespace linekeeper::sandbox::load

int main(int argc, char** argv) {
  using namespace linekeeper;
  if (argc < 4) {
    std::cerr << "usage: linekeeper-sandbox-load URL NOISE-ROOT PID [LINES [LOGINS/S [TEXTS/S [SECONDS]]]]\n";
    return 2;
  }
  const auto url = net::Url::parse(argv[1]);
  const auto root = from_hex(argv[2]);
  const auto tls = net::TlsContext::client_insecure();
  if (!url || !root || !exactly<32>(*root) || !tls) {
    std::cerr << "the URL is like wss://127.0.0.1:8443/ws/chat, the noise root 64 hex digits\n";
    return 2;
  }
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  sandbox::load::trust(*exactly<32>(*root));
  sandbox::load::Plan plan;
  plan.pid = std::atoi(argv[3]);
  if (argc > 4) plan.lines = std::strtoul(argv[4], nullptr, 10);
  if (argc > 5) plan.logins_per_second = std::atof(argv[5]);
  if (argc > 6) plan.texts_per_second = std::atof(argv[6]);
  if (argc > 7) plan.seconds = std::atof(argv[7]);
  boost::asio::io_context loop(1);
  sandbox::load::Load load(loop, {*url, *tls}, plan);
  boost::asio::co_spawn(loop, load.run(), boost::asio::detached);
  loop.run();
  return 0;
}
