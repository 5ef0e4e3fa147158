#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>

#include "linekeeper/auth/line_store.hpp"
#include "linekeeper/base/errc.hpp"
#include "support/redis_server.hpp"
#include "support/run.hpp"
#include "support/wait_until.hpp"

namespace linekeeper::auth {

using namespace std::chrono_literals;
using net::Deadline;

/// A redis-server, a connection to it and a key ring.
class StoreTest : public testing::Test {
 protected:
  explicit StoreTest(std::vector<std::string> options = {}) : server(std::move(options)) {
    redis::Connection::Settings settings;
    settings.url = *net::Url::parse(server.url());
    settings.backoff_most = 50ms;
    connection = std::make_unique<redis::Connection>(loop.get_executor(), std::move(settings));
    connection->start();
    // An acquisition does not wait for a connection.
    redis::Command ping{"PING"};
    EXPECT_TRUE(test::run(loop, connection->command(std::move(ping))));
  }
  ~StoreTest() override { test::run(loop, connection->stop()); }

  static std::shared_ptr<const KeyRing> ring(std::vector<std::string> ids) {
    std::vector<KeyRing::Key> keys;
    for (std::string& id : ids) {
      Key32 key{};
      key.fill(static_cast<std::uint8_t>(id.back()));
      keys.push_back({id, SecretKey32(key)});
    }
    return std::make_shared<const KeyRing>(std::move(keys));
  }
  LeaseStore leases(std::string holder = "worker-a", std::chrono::milliseconds ttl = 15s) {
    return LeaseStore(*connection, std::move(holder), ttl);
  }
  Acquisition acquire(const std::string& session, std::string holder = "worker-a") {
    LeaseStore store = leases(std::move(holder));
    auto got = test::run(loop, store.acquire(session, 100));
    EXPECT_TRUE(got);
    return got ? *got : Acquisition{};
  }
  std::unique_ptr<LineStore> line(const std::string& session = "shop", std::string holder = "worker-a") {
    return std::make_unique<LineStore>(*connection, keys, session, acquire(session, std::move(holder)));
  }
  template <typename T>
  T run(awaitable<T> work) {
    return test::run(loop, std::move(work));
  }
  error_code commit(LineStore& store, Commit what, Deadline until = Deadline::after(10s)) {
    auto done = run(store.commit(std::move(what), until));
    return done ? error_code() : done.error();
  }
  static Commit put(std::string name, std::string_view value) {
    Commit commit;
    commit.fields[std::move(name)] = to_bytes(value);
    return commit;
  }
  std::string get(LineStore& store, std::string name) {
    std::vector<std::string> names{name};
    auto fields = run(store.fetch(std::move(names)));
    if (!fields) return "error: " + fields.error().message();
    return fields->contains(name) ? to_text(fields->at(name)) : "(none)";
  }

  test::RedisServer server;
  boost::asio::io_context loop;
  std::unique_ptr<redis::Connection> connection;
  std::shared_ptr<const KeyRing> keys = ring({"k1"});
};

}  // namespace linekeeper::auth
