// A Kafka broker in one small process, for the demo: librdkafka's mock cluster. Memory only, no admin calls, oldest
// records dropped after 5 MiB a partition. Prints its address as the only line on standard output and stays until it
// gets SIGTERM or SIGINT.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>

#include "linekeeper/kafka/topics.hpp"

namespace {

constexpr std::string_view kHelp =
    R"(usage: linekeeper-mock-broker [--partitions N] [--topic-prefix PREFIX]

A Kafka broker for trying Linekeeper on one machine: everything is in memory and gone when it stops.
It creates all topics of Linekeeper (12 partitions each unless told otherwise), prints its address
and runs until Ctrl-C or SIGTERM. For anything that matters use Apache Kafka.
)";

struct Options {
  int partitions = 12;
  std::string_view prefix = "linekeeper.";
};

/// 0 or an exit code plus one.
int parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--help" || name == "-h") {
      std::fwrite(kHelp.data(), 1, kHelp.size(), stdout);
      return 1;
    }
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--topic-prefix" && !value.empty()) {
      options.prefix = value;
    } else if (name == "--partitions" && !value.empty()) {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), options.partitions);
      if (error != std::errc() || end != value.data() + value.size() || options.partitions < 1 ||
          options.partitions > 1024) {
        std::fprintf(stderr, "--partitions takes a number from 1 to 1024\n");
        return 3;
      }
    } else {
      std::fprintf(stderr, "unknown or incomplete option %s; --help explains\n", argv[i]);
      return 3;
    }
    ++i;
  }
  return 0;
}

struct DestroyClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct DestroyCluster {
  void operator()(rd_kafka_mock_cluster_t* cluster) const { rd_kafka_mock_cluster_destroy(cluster); }
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (const int code = parse(argc, argv, options); code != 0) return code - 1;

  // Blocked before librdkafka starts its threads, so that only sigwait below sees them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  char reason[256] = "";
  const std::unique_ptr<rd_kafka_t, DestroyClient> client(
      rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason, sizeof reason));
  if (!client) {
    std::fprintf(stderr, "no mock broker: %s\n", reason);
    return 1;
  }
  const std::unique_ptr<rd_kafka_mock_cluster_t, DestroyCluster> cluster(rd_kafka_mock_cluster_new(client.get(), 1));
  if (!cluster) {
    std::fprintf(stderr, "no mock broker: the cluster could not listen on a local port\n");
    return 1;
  }
  for (const auto& topic : linekeeper::kafka::Topics(options.prefix).all()) {
    const auto error = rd_kafka_mock_topic_create(cluster.get(), topic.c_str(), options.partitions, 1);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::fprintf(stderr, "topic %s: %s\n", topic.c_str(), rd_kafka_err2str(error));
      return 1;
    }
  }
  std::printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster.get()));
  std::fflush(stdout);
  int caught = 0;
  sigwait(&ends, &caught);
  return 0;
}
