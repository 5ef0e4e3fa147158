#include "join_watch.hpp"

namespace linekeeper::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kName = "linekeeper-join-watch";
// Of Kafka's protocol.
constexpr std::int16_t kJoinGroup = 11;
constexpr std::int16_t kSyncGroup = 14;

}  // namespace

void JoinWatch::attach(rd_kafka_conf_t* conf) {
  rd_kafka_conf_interceptor_add_on_new(conf, kName, &JoinWatch::on_new, this);
}

bool JoinWatch::joining() const noexcept {
  const std::int64_t since = since_;
  return since != 0 && Clock::now() - Clock::time_point(Clock::duration(since)) < kMost;
}

rd_kafka_resp_err_t JoinWatch::on_new(rd_kafka_t* instance, const rd_kafka_conf_t*, void* self, char*, std::size_t) {
  rd_kafka_interceptor_add_on_request_sent(instance, kName, &JoinWatch::on_request, self);
  return rd_kafka_interceptor_add_on_response_received(instance, kName, &JoinWatch::on_response, self);
}

rd_kafka_resp_err_t JoinWatch::on_request(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api, std::int16_t,
                                          std::int32_t, std::size_t, void* self) {
  if (api == kJoinGroup) {
    static_cast<JoinWatch*>(self)->asked_ = true;
    static_cast<JoinWatch*>(self)->since_ = Clock::now().time_since_epoch().count();
  }
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t JoinWatch::on_response(rd_kafka_t*, int, const char*, std::int32_t, std::int16_t api, std::int16_t,
                                           std::int32_t, std::size_t, std::int64_t, rd_kafka_resp_err_t, void* self) {
  if (api == kSyncGroup) static_cast<JoinWatch*>(self)->since_ = 0;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace linekeeper::kafka
