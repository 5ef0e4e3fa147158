#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "linekeeper/test/kafka_broker.hpp"

namespace linekeeper::test {

/// One broker for all tests of an executable, started before the first and gone after the last:
/// `const auto* const kKafka = KafkaEnvironment::install();` at namespace scope of one source file.
class KafkaEnvironment final : public testing::Environment {
 public:
  static KafkaEnvironment* install();
  static KafkaBroker& broker();

  /// A name no other test of this run uses, for topics and groups: `<stem>-<number>.`
  static std::string unique(const std::string& stem);

  void SetUp() override { broker_ = std::make_unique<KafkaBroker>(); }
  void TearDown() override { broker_.reset(); }

 private:
  inline static KafkaEnvironment* instance_ = nullptr;
  std::unique_ptr<KafkaBroker> broker_;
};

}  // namespace linekeeper::test
