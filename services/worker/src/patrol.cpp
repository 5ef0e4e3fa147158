#include "patrol.hpp"

#include "linekeeper/kafka/group_member.hpp"

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kAnswerWithin = 2s;
constexpr auto kLookEvery = 60s;

}  // namespace

Patrol::Patrol(kafka::Admin admin, std::string client_id, std::string group_id, std::string lead_topic,
               kafka::Consumer& consumer, LoginWatch& logins, Health& health, telemetry::Log& log,
               telemetry::Metrics& metrics)
    : admin_(std::move(admin)),
      client_id_(std::move(client_id)),
      group_id_(std::move(group_id)),
      lead_topic_(std::move(lead_topic)),
      consumer_(consumer),
      logins_(logins),
      health_(health),
      log_(log),
      foreigners_(metrics.gauge("linekeeper_kafka_foreign_members", "Members of our group that are no workers.")),
      aside_(metrics.gauge("linekeeper_standing_aside", "1 while the group is left because no line can log in here.")) {
}

void Patrol::check() {
  const auto now = Clock::now();
  keep_place(now);
  name_foreigners(now);
}

void Patrol::keep_place(Clock::time_point now) {
  const bool others = logins_.stuck(now) && others_present();
  switch (logins_.decide(health_.well(), others, now)) {
    case LoginWatch::Step::stay: break;
    case LoginWatch::Step::leave:
      log_.error("no line can log in from here: leaving the group for a while, so that others try",
                 {{"text", logins_.trouble(now)}});
      aside_.set(1);
      consumer_.leave();
      break;
    case LoginWatch::Step::come_back:
      log_.info("joining the group again");
      aside_.set(0);
      consumer_.rejoin();
  }
  health_.set_aside(logins_.trouble(now));
}

bool Patrol::others_present() const {
  const auto answer = admin_.members(group_id_, kAnswerWithin);
  const auto* members = std::get_if<0>(&answer);
  return members != nullptr && members->size() > 1;
}

void Patrol::name_foreigners(Clock::time_point now) {
  if (now < look_at_) return;
  look_at_ = now + kLookEvery;
  const auto answer = admin_.members(group_id_, kAnswerWithin);
  const auto* members = std::get_if<0>(&answer);
  if (members == nullptr) return;
  std::set<std::string> present;
  for (const kafka::Admin::Member& member : *members) {
    std::string why = kafka::foreign_member(member.topics, lead_topic_);
    // Somebody may read the same topic as we do, and take partitions from us for it.
    if (why.empty() && !member.topics.empty() && member.client_id != client_id_)
      why = "its client.id is not that of the workers: the partitions it is given may be served by nobody";
    if (why.empty()) continue;
    const std::string who = member.client_id + " at " + member.host;
    present.insert(who);
    if (named_.contains(who)) continue;
    log_.warn("the workers' consumer group has a member that is no worker: give it another group",
              {{"member", who}, {"group", group_id_}, {"text", why}});
  }
  foreigners_.set(static_cast<double>(present.size()));
  named_ = std::move(present);
}

}  // namespace linekeeper::worker
