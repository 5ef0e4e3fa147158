#include "trouble.hpp"

#include "linekeeper/base/errc.hpp"
#include "refusal.hpp"

namespace linekeeper::kafka {

bool Trouble::meet(std::optional<Problem> problem) {
  if (!problem) problem = group_;
  if (!problem && !topics_.empty()) problem = topics_.begin()->second;
  const bool same = problem.has_value() == now_.has_value() && (!problem || problem->what == now_->what);
  now_ = std::move(problem);
  return !same;
}

bool Trouble::deny(const rd_kafka_message_t& message) {
  const bool of_topic = message.err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED && message.rkt != nullptr;
  const std::string name = of_topic ? rd_kafka_topic_name(message.rkt) : group_id_;
  const auto problem = refusal(message.err, {}, (of_topic ? "topic " : "group ") + name);
  if (of_topic) {
    topics_.insert_or_assign(name, *problem);
  } else {
    group_ = problem;
  }
  return meet(problem);
}

bool Trouble::refuse_group() {
  group_ = Problem{Errc::kafka_refused, "the consumer group " + group_id_ +
                                            " has members that are no workers of this version, so nobody of us can "
                                            "join: give this fleet a group-id of its own, or stop the others"};
  return meet(group_);
}

bool Trouble::joined() {
  if (!group_) return false;
  group_.reset();
  return meet(std::nullopt);
}

bool Trouble::readable(const std::string& topic) {
  return topics_.erase(topic) > 0 && meet(std::nullopt);
}

}  // namespace linekeeper::kafka
