#include "linekeeper/message/participant_hash.hpp"

#include <gtest/gtest.h>

#include "messaging_vectors.hpp"

namespace linekeeper::transport::message {
namespace {

TEST(ParticipantHashTest, MatchesWhatServersSend) {
  for (const auto& item : vectors::messaging().at("phash").at("cases")) {
    SCOPED_TRACE(item.at("name").get<std::string>());
    std::vector<Jid> devices;
    for (const auto& jid : item.at("devices"))
      devices.push_back(Jid::parse(jid.get<std::string>()).value());
    EXPECT_EQ(participant_hash(devices), item.at("phash").get<std::string>());
  }
}

}  // namespace
}  // namespace linekeeper::transport::message
