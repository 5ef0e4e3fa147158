#include "linekeeper/test/kafka_environment.hpp"

#include <atomic>

namespace linekeeper::test {

KafkaEnvironment* KafkaEnvironment::install() {
  instance_ = new KafkaEnvironment;  // GoogleTest owns it from here on
  testing::AddGlobalTestEnvironment(instance_);
  return instance_;
}

KafkaBroker& KafkaEnvironment::broker() {
  return *instance_->broker_;
}

std::string KafkaEnvironment::unique(const std::string& stem) {
  static std::atomic<unsigned> count{0};
  return stem + "-" + std::to_string(++count) + ".";
}

}  // namespace linekeeper::test
