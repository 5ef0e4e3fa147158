#include "linekeeper/kafka/admin.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <optional>
#include <thread>

#include "handle.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/kafka/group_member.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::kafka {
namespace {

using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Destroyer<rd_kafka_AdminOptions_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Destroyer<rd_kafka_NewTopic_destroy>>;
using Resource = std::unique_ptr<rd_kafka_ConfigResource_t, Destroyer<rd_kafka_ConfigResource_destroy>>;
using GroupList = std::unique_ptr<const rd_kafka_group_list, Destroyer<rd_kafka_group_list_destroy>>;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kAskAgainAfter{50};
constexpr int kErrorsAtOnce = 10;
constexpr int kLookEveryMs = 200;
constexpr int kConfigsMs = 3000;  ///< Good to know, not needed: some brokers do not answer that question at all.

/// One short connection for one question. A consumer, because metadata requests of a producer may create topics.
struct Inquiry {
  Opaque opaque;
  Instance instance;
  Queue queue;
  Clock::time_point until;

  int left_ms() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 1, 3'600'000));
  }
  AdminOptions options(rd_kafka_admin_op_t operation, int most_ms = INT_MAX) const {
    AdminOptions out(rd_kafka_AdminOptions_new(instance.get(), operation));
    std::array<char, 128> text{};
    rd_kafka_AdminOptions_set_request_timeout(out.get(), std::min(left_ms(), most_ms), text.data(), text.size());
    return out;
  }
  /// What a question failed of. The brokers' refusals are told to those who poll.
  Problem explained(Problem problem) {
    rd_kafka_poll(instance.get(), 0);
    // A group's coordinator that denies us is told as if it had been a record.
    for (int i = 0; i < kErrorsAtOnce; ++i) {
      const Message message(rd_kafka_consumer_poll(instance.get(), 0));
      if (!message) break;
      opaque.refused.take(message->err, rd_kafka_message_errstr(message.get()));
    }
    return opaque.refused.or_else(std::move(problem));
  }
  /// The answer; a Problem if none came or it is an error as a whole.
  std::variant<Event, Problem> wait(int most_ms = INT_MAX) const {
    const auto limit = Clock::now() + std::chrono::milliseconds(std::min(left_ms(), most_ms));
    Event event;
    // Whoever is refused need not wait for an answer.
    while (!event && Clock::now() < limit && !opaque.refused.known()) {
      event.reset(rd_kafka_queue_poll(queue.get(), std::min(left_ms(), kLookEveryMs)));
      rd_kafka_poll(instance.get(), 0);
    }
    if (!event) return unavailable("no broker answered", RD_KAFKA_RESP_ERR__TIMED_OUT);
    const auto error = rd_kafka_event_error(event.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return unavailable("the brokers did not answer", error);
    return event;
  }
};

std::variant<std::unique_ptr<Inquiry>, Problem> open(const Connection& connection, telemetry::Log& log,
                                                     std::chrono::milliseconds timeout, const Properties& more = {}) {
  auto inquiry = std::make_unique<Inquiry>();
  inquiry->opaque.log = &log;
  inquiry->until = Clock::now() + timeout;
  Properties fixed = {{"allow.auto.create.topics", "false"}};
  fixed.insert(fixed.end(), more.begin(), more.end());
  auto conf = make_conf(connection, {}, fixed, &inquiry->opaque);
  if (auto* problem = std::get_if<Problem>(&conf)) return std::move(*problem);
  rd_kafka_conf_set_error_cb(std::get<Conf>(conf).get(), [](rd_kafka_t*, int error, const char* reason, void* to) {
    static_cast<Opaque*>(to)->refused.take(static_cast<rd_kafka_resp_err_t>(error), reason);
  });
  auto instance = make_instance(RD_KAFKA_CONSUMER, std::get<Conf>(std::move(conf)));
  if (auto* problem = std::get_if<Problem>(&instance)) return std::move(*problem);
  inquiry->instance = std::get<Instance>(std::move(instance));
  inquiry->queue.reset(rd_kafka_queue_new(inquiry->instance.get()));
  return inquiry;
}

Problem of_group(rd_kafka_resp_err_t error, const char* what, const std::string& group_id) {
  const std::string group = "group " + group_id;
  return refusal(error, {}, group).value_or(unavailable(what + group, error));
}

/// Fills in retention and timestamp type where the cluster lets us read them.
void add_configs(const Inquiry& inquiry, std::vector<TopicState>& states) {
  std::vector<Resource> resources;
  std::vector<rd_kafka_ConfigResource_t*> raw;
  for (const TopicState& state : states) {
    if (state.partitions == 0) continue;
    resources.emplace_back(rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, state.name.c_str()));
    raw.push_back(resources.back().get());
  }
  if (raw.empty()) return;
  const auto options = inquiry.options(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, kConfigsMs);
  rd_kafka_DescribeConfigs(inquiry.instance.get(), raw.data(), raw.size(), options.get(), inquiry.queue.get());
  const auto answer = inquiry.wait(kConfigsMs);
  const auto* event = std::get_if<Event>(&answer);
  if (event == nullptr) return;
  std::size_t count = 0;
  const auto** found =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event->get()), &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto state = std::find_if(states.begin(), states.end(), [&](const TopicState& s) {
      return s.name == rd_kafka_ConfigResource_name(found[i]);
    });
    if (state == states.end() || rd_kafka_ConfigResource_error(found[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    std::size_t entries = 0;
    const auto** entry = rd_kafka_ConfigResource_configs(found[i], &entries);
    for (std::size_t j = 0; j < entries; ++j) {
      const std::string_view name = rd_kafka_ConfigEntry_name(entry[j]);
      const char* text = rd_kafka_ConfigEntry_value(entry[j]);
      const std::string_view value = text == nullptr ? "" : text;
      if (name == "message.timestamp.type") state->log_append_time = value == "LogAppendTime";
      if (name == "retention.ms") {
        std::from_chars(value.data(), value.data() + value.size(), state->retention_ms);
        state->config_known = true;
      }
    }
  }
}

/// The controller answers before the brokers have heard of the topics.
std::optional<Problem> wait_until_known(Inquiry& inquiry, const std::vector<TopicSpec>& specs) {
  std::vector<std::string> names;
  names.reserve(specs.size());
  for (const TopicSpec& spec : specs)
    names.push_back(spec.name);
  std::vector<TopicHandle> handles;
  do {
    auto counts = partition_counts(inquiry.instance.get(), names, handles, inquiry.left_ms());
    if (auto* problem = std::get_if<Problem>(&counts)) return inquiry.explained(std::move(*problem));
    const auto& known = std::get<0>(counts);
    if (std::all_of(known.begin(), known.end(), [](const auto& topic) { return topic.second > 0; }))
      return std::nullopt;
    std::this_thread::sleep_for(kAskAgainAfter);
  } while (Clock::now() < inquiry.until);
  return Problem{Errc::kafka_unavailable, "the topics were created, but the brokers do not know them yet"};
}

}  // namespace

Admin::Admin(Connection connection, telemetry::Log& log) : connection_(std::move(connection)), log_(log) {}

std::variant<std::vector<Admin::Created>, Problem> Admin::create(const std::vector<TopicSpec>& specs,
                                                                 std::chrono::milliseconds timeout) const {
  auto opened = open(connection_, log_, timeout);
  if (auto* problem = std::get_if<Problem>(&opened)) return std::move(*problem);
  Inquiry& inquiry = *std::get<0>(opened);
  std::vector<NewTopic> topics;
  std::vector<rd_kafka_NewTopic_t*> raw;
  for (const TopicSpec& spec : specs) {
    std::array<char, 256> text{};
    topics.emplace_back(
        rd_kafka_NewTopic_new(spec.name.c_str(), spec.partitions, spec.replication, text.data(), text.size()));
    if (!topics.back()) return Problem{Errc::invalid_argument, "topic " + spec.name + ": " + text.data()};
    for (const auto& [name, value] : spec.config)
      rd_kafka_NewTopic_set_config(topics.back().get(), name.c_str(), value.c_str());
    raw.push_back(topics.back().get());
  }
  const auto options = inquiry.options(RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_CreateTopics(inquiry.instance.get(), raw.data(), raw.size(), options.get(), inquiry.queue.get());
  auto answer = inquiry.wait();
  if (auto* problem = std::get_if<Problem>(&answer)) return inquiry.explained(std::move(*problem));
  std::size_t count = 0;
  const auto** results =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(std::get<Event>(answer).get()), &count);
  std::vector<Created> created;
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(results[i]);
    const std::string name = rd_kafka_topic_result_name(results[i]);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR && error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      if (auto denied = refusal(error, {}, "topic " + name)) return std::move(*denied);
      const char* words = rd_kafka_topic_result_error_string(results[i]);
      return Problem{Errc::kafka_refused,
                     "topic " + name + ": " + (words == nullptr ? rd_kafka_err2str(error) : words)};
    }
    created.push_back({name, error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS});
  }
  if (auto problem = wait_until_known(inquiry, specs)) return std::move(*problem);
  return created;
}

std::variant<std::vector<TopicState>, Problem> Admin::describe(const std::vector<std::string>& topics,
                                                               std::chrono::milliseconds timeout) const {
  auto opened = open(connection_, log_, timeout);
  if (auto* problem = std::get_if<Problem>(&opened)) return std::move(*problem);
  Inquiry& inquiry = *std::get<0>(opened);
  std::vector<TopicHandle> handles;
  auto counts = partition_counts(inquiry.instance.get(), topics, handles, inquiry.left_ms());
  if (auto* problem = std::get_if<Problem>(&counts)) return inquiry.explained(std::move(*problem));
  std::vector<TopicState> states;
  for (const auto& [name, partitions] : std::get<0>(counts)) {
    states.emplace_back();
    states.back().name = name;
    states.back().partitions = partitions;
  }
  add_configs(inquiry, states);
  return states;
}

std::variant<bool, Problem> Admin::has_committed_offsets(const std::string& group_id,
                                                         const std::vector<std::string>& topics,
                                                         std::chrono::milliseconds timeout) const {
  auto opened = open(connection_, log_, timeout, {{"group.id", group_id}});
  if (auto* problem = std::get_if<Problem>(&opened)) return std::move(*problem);
  Inquiry& inquiry = *std::get<0>(opened);
  std::vector<TopicHandle> handles;
  auto counts = partition_counts(inquiry.instance.get(), topics, handles, inquiry.left_ms());
  if (auto* problem = std::get_if<Problem>(&counts)) return inquiry.explained(std::move(*problem));
  const PartitionList list(rd_kafka_topic_partition_list_new(0));
  for (const auto& [name, partitions] : std::get<0>(counts)) {
    for (std::int32_t partition = 0; partition < partitions; ++partition) {
      rd_kafka_topic_partition_list_add(list.get(), name.c_str(), partition);
    }
  }
  if (list->cnt == 0) return false;
  const auto error = rd_kafka_committed(inquiry.instance.get(), list.get(), inquiry.left_ms());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return inquiry.explained(of_group(error, "offsets of ", group_id));
  const rd_kafka_topic_partition_t* begin = list->elems;
  return std::any_of(begin, begin + list->cnt, [](const auto& offset) { return offset.offset >= 0; });
}

std::variant<std::vector<Admin::Member>, Problem> Admin::members(const std::string& group_id,
                                                                 std::chrono::milliseconds timeout) const {
  auto opened = open(connection_, log_, timeout);
  if (auto* problem = std::get_if<Problem>(&opened)) return std::move(*problem);
  Inquiry& inquiry = *std::get<0>(opened);
  const rd_kafka_group_list* raw = nullptr;
  const auto error = rd_kafka_list_groups(inquiry.instance.get(), group_id.c_str(), &raw, inquiry.left_ms());
  const GroupList groups(raw);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return inquiry.explained(of_group(error, "members of ", group_id));
  std::vector<Member> members;
  for (int i = 0; i < groups->group_cnt; ++i) {
    const rd_kafka_group_info& group = groups->groups[i];
    for (int j = 0; j < group.member_cnt; ++j) {
      const rd_kafka_group_member_info& member = group.members[j];
      const auto* metadata = static_cast<const std::uint8_t*>(member.member_metadata);
      members.push_back(
          {member.client_id, member.client_host,
           subscribed_topics(ByteView(metadata, static_cast<std::size_t>(std::max(member.member_metadata_size, 0))))});
    }
  }
  return members;
}

}  // namespace linekeeper::kafka
