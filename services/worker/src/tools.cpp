// The commands besides running: each does one thing and ends.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "linekeeper/kafka/admin.hpp"
#include "linekeeper/kafka/topics.hpp"
#include "setup.hpp"
#include "worker.hpp"

namespace linekeeper::worker {

using namespace std::chrono_literals;

int create_topics(const settings::Values& values, telemetry::Log& log) {
  std::string problem;
  const kafka::Connection connection = kafka_connection(values, problem);
  if (!problem.empty()) {
    std::fprintf(stderr, "%s\n", problem.c_str());
    return 2;
  }
  const kafka::Topics topics(values.text("topic-prefix"));
  const auto specs = kafka::topic_specs(topics, std::int32_t(values.number("topic-partitions")),
                                        std::int16_t(values.number("topic-replication-factor")));
  const auto created = kafka::Admin(connection, log).create(specs, 30s);
  if (const auto* wrong = std::get_if<kafka::Problem>(&created)) {
    std::fprintf(stderr, "topics create: %s\n", wrong->what.c_str());
    return 1;
  }
  for (const auto& topic : std::get<std::vector<kafka::Admin::Created>>(created)) {
    std::printf("%-40s %s\n", topic.topic.c_str(), topic.existed ? "was there already" : "created");
  }
  return 0;
}

int accept_store(const settings::Values& values, telemetry::Log& log) {
  auto made = make_setup(values);
  if (const auto* wrong = std::get_if<std::string>(&made)) {
    std::fprintf(stderr, "%s\n", wrong->c_str());
    return 2;
  }
  Setup& setup = *std::get<std::unique_ptr<Setup>>(made);
  asio::io_context io(1);
  redis::Connection redis(io.get_executor(), setup.loops.redis);
  redis.on_trouble([&](const redis::Trouble& trouble) { log.warn("Redis cannot be used", {{"error", trouble.text}}); });
  int code = 1;
  const auto accept = [&]() -> awaitable<void> {
    auth::StoreMarker marker(redis, setup.ring);
    const auto done = co_await marker.create();
    if (done) {
      std::printf("The store is accepted as it is: workers use it from now on.\n");
      code = 0;
    } else {
      std::fprintf(stderr, "store accept: %s\n", done.error().message().c_str());
    }
    co_await redis.stop();
  };
  redis.start();
  asio::co_spawn(io, accept(), asio::detached);
  io.run();
  return code;
}

}  // namespace linekeeper::worker
