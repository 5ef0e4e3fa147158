#include "seed.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <variant>

#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/auth/lease_store.hpp"
#include "linekeeper/auth/line_store.hpp"
#include "linekeeper/contract/line_record.hpp"
#include "linekeeper/pairing/credentials.hpp"
#include "linekeeper/redis/connection.hpp"
#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kTogether = 64;  ///< Lines written at one time.

class Seeder {
 public:
  Seeder(boost::asio::io_context& io, redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring,
         std::size_t count)
      : io_(io),
        redis_(redis),
        ring_(std::move(ring)),
        count_(count),
        leases_(redis, "load/0", std::chrono::hours(1)),
        credentials_(transport::fresh_credentials()) {}

  void start() {
    running_ = kTogether;
    for (std::size_t i = 0; i < kTogether; ++i)
      boost::asio::co_spawn(io_, write_some(), boost::asio::detached);
  }

  const std::string& wrong() const noexcept { return wrong_; }

 private:
  awaitable<void> write_some() {
    while (next_ < count_ && wrong_.empty()) {
      const std::size_t number = next_++;
      auto written = co_await write(number);
      if (!written) wrong_ = line_name(number) + ": " + written.error().message();
    }
    if (--running_ == 0) co_await redis_.stop();
  }

  awaitable<Result<void>> write(std::size_t number) {
    const std::string session = line_name(number);
    auto acquired = co_await leases_.acquire(session, 0);
    if (!acquired) co_return acquired.error();
    auth::LineStore store(redis_, ring_, session, *acquired);
    transport::DeviceCredentials credentials = credentials_;
    credentials.me = transport::Jid();
    credentials.me->user = std::to_string(491'700'000'000 + number);
    lifecycle::Stored stored;
    stored.status = v1::LINE_STATUS_CONNECTED;
    stored.registered = true;
    contract::LineRecord record;
    record.since_ms = 1'769'860'800'000;
    record.number_tag = "load-" + std::to_string(number);
    auth::Commit commit;
    commit.fields[std::string(transport::kCredentialsField)] = transport::serialize(credentials);
    commit.status = contract::write_status(lifecycle::Lifecycle({}, stored), record);
    const auto limit = net::Deadline::after(30s);
    auto committed = co_await store.commit(std::move(commit), limit);
    if (!committed) co_return committed.error();
    co_return ok();
  }

  boost::asio::io_context& io_;
  redis::Connection& redis_;
  std::shared_ptr<const auth::KeyRing> ring_;
  const std::size_t count_;
  auth::LeaseStore leases_;
  const transport::DeviceCredentials credentials_;  ///< Of all: their keys are never used.
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::string wrong_;
};

}  // namespace

std::string line_name(std::size_t number) {
  std::string digits = std::to_string(number);
  return "shop-" + std::string(5 - std::min<std::size_t>(digits.size(), 5), '0') + digits;
}

std::string seed(const std::string& redis_url, const std::string& key_ring, std::size_t count) {
  auto url = net::Url::parse(redis_url);
  if (!url) return "not a URL of a Redis";
  auto ring = auth::KeyRing::load(key_ring);
  if (auto* refused = std::get_if<auth::KeyRing::Refusal>(&ring)) return refused->text;
  boost::asio::io_context io(1);
  redis::Connection::Settings settings;
  settings.url = std::move(*url);
  redis::Connection redis(io.get_executor(), std::move(settings));
  Seeder seeder(io, redis, std::make_shared<const auth::KeyRing>(std::get<auth::KeyRing>(std::move(ring))), count);
  bool connected = false;
  redis.on_connected([&](const redis::ServerInfo&) {
    if (!std::exchange(connected, true)) seeder.start();
  });
  redis.start();
  io.run();
  return seeder.wrong();
}

}  // namespace linekeeper::control
