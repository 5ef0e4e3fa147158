#include "doctor.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/auth/line_reader.hpp"
#include "linekeeper/endpoints/endpoints.hpp"
#include "linekeeper/kafka/admin.hpp"
#include "linekeeper/kafka/topics.hpp"
#include "linekeeper/redis/connection.hpp"
#include "linekeeper/telemetry/log.hpp"

namespace linekeeper::lkctl {
namespace {

using namespace std::chrono_literals;
using Grade = Finding::Grade;
using Findings = std::vector<Finding>;

constexpr auto kPatience = 10s;
constexpr std::int64_t kSkewMs = 1000;  ///< Events, leases and QRs are judged by clocks: a second is noticed.

void look_at_kafka(const settings::Values& values, telemetry::Log& log, Findings& out) {
  std::string problem;
  const kafka::Connection connection = endpoints::kafka_connection(values, problem);
  if (!problem.empty()) {
    out.push_back({Grade::bad, "Kafka", problem});
    return;
  }
  if (const auto warning = kafka::library_warning(connection)) out.push_back({Grade::warning, "Kafka", *warning});
  const kafka::Topics topics(values.text("topic-prefix"));
  const auto names = topics.all();
  const auto states = kafka::Admin(connection, log).describe({names.begin(), names.end()}, kPatience);
  if (const auto* wrong = std::get_if<kafka::Problem>(&states)) {
    out.push_back({Grade::bad, "Kafka", wrong->what});
    return;
  }
  out.push_back({Grade::good, "Kafka", "answers at " + connection.brokers});
  const auto& found = std::get<std::vector<kafka::TopicState>>(states);
  const kafka::TopicFindings findings = kafka::examine(topics, found);
  const bool bad = !findings.missing.empty() || findings.partitions_differ;
  for (const std::string& sentence : findings.sentences)
    out.push_back({bad ? Grade::bad : Grade::warning, "topics", sentence});
  if (findings.sentences.empty())
    out.push_back(
        {Grade::good, "topics", "all there, " + std::to_string(found.front().partitions) + " partitions each"});
}

void look_at_server(const redis::ServerInfo& info, Findings& out) {
  if (info.major < 7)
    out.push_back({Grade::bad, "Redis", "version " + info.version + " is too old: 7 or newer is needed"});
  else
    out.push_back({Grade::good, "Redis", "version " + info.version});
  if (!info.eviction)
    out.push_back({Grade::warning, "eviction", "not told by the server: make sure maxmemory-policy is noeviction"});
  else if (*info.eviction != "noeviction")
    out.push_back(
        {Grade::bad, "eviction", *info.eviction + " throws sessions away: CONFIG SET maxmemory-policy noeviction"});
  else
    out.push_back({Grade::good, "eviction", "noeviction"});
  switch (info.persistence) {
    case redis::Persistence::always: out.push_back({Grade::good, "persistence", "every write is on disk"}); break;
    case redis::Persistence::weak:
      out.push_back({Grade::warning, "persistence",
                     "writes may be lost in a crash: CONFIG SET appendonly yes, CONFIG SET appendfsync always"});
      break;
    case redis::Persistence::unknown:
      out.push_back({Grade::warning, "persistence", "not told by the server: ask its operator for appendfsync always"});
      break;
  }
}

std::shared_ptr<const auth::KeyRing> look_at_ring(const settings::Values& values, Findings& out) {
  if (!values.is_set("key-ring")) {
    out.push_back({Grade::warning, "key ring", "not looked at: pass --key-ring, the workers' file"});
    return nullptr;
  }
  auto loaded = auth::KeyRing::load(values.text("key-ring"));
  if (const auto* refusal = std::get_if<auth::KeyRing::Refusal>(&loaded)) {
    out.push_back({Grade::bad, "key ring", refusal->text});
    return nullptr;
  }
  return std::make_shared<const auth::KeyRing>(std::move(std::get<auth::KeyRing>(loaded)));
}

/// Which keys seal lines, and whether the ring holds them.
awaitable<void> look_at_keys(redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring, Findings& out) {
  auth::LineReader lines(redis, ring);
  auto sessions = co_await lines.sessions();
  if (!sessions) {
    const std::string denial = redis.denial();
    out.push_back({Grade::bad, "key ring",
                   "the lines cannot be listed: " + (denial.empty() ? sessions.error().message() : denial)});
    co_return;
  }
  std::map<std::string, std::size_t> missing;
  const std::size_t total = sessions->size();
  for (std::size_t at = 0; at < total; at += 500) {
    std::vector<std::string> some(sessions->begin() + std::ptrdiff_t(at),
                                  sessions->begin() + std::ptrdiff_t(std::min(at + 500, total)));
    auto glances = co_await lines.glance(std::move(some));
    if (!glances) break;
    for (const auth::LineGlance& line : *glances)
      if (!line.head.key_id.empty() && ring->find(line.head.key_id) == nullptr) ++missing[line.head.key_id];
  }
  for (const auto& [id, count] : missing)
    out.push_back({Grade::bad, "key ring",
                   "key " + id + " seals " + std::to_string(count) +
                       " lines and is not in the ring: add its line from the old file"});
  if (missing.empty())
    out.push_back(
        {Grade::good, "key ring", "opens all " + std::to_string(total) + " lines; " + ring->first().id + " seals"});
}

awaitable<void> ask_redis(redis::Connection& redis, std::shared_ptr<const auth::KeyRing> ring, std::string& trouble,
                          Findings& out) {
  const auto before = std::chrono::system_clock::now();
  redis::Command ask{"TIME"};
  const auto time = co_await redis.command(std::move(ask), net::Deadline::after(kPatience));
  const auto after = std::chrono::system_clock::now();
  if (!time || !redis.server()) {
    out.push_back(
        {Grade::bad, "Redis", trouble.empty() ? "does not answer: check redis-url and the network" : trouble});
  } else {
    look_at_server(*redis.server(), out);
    const auto ours =
        std::chrono::duration_cast<std::chrono::milliseconds>((before + (after - before) / 2).time_since_epoch());
    const std::int64_t theirs = time->at(0).integer().value_or(0) * 1000 + time->at(1).integer().value_or(0) / 1000;
    const std::int64_t skew = theirs - ours.count();
    if (std::abs(skew) > kSkewMs)
      out.push_back(
          {Grade::bad, "clock", "this machine and Redis differ by " + std::to_string(skew) + " ms: run NTP on both"});
    else
      out.push_back({Grade::good, "clock", "as Redis', within a second"});
    if (ring) co_await look_at_keys(redis, ring, out);
  }
  co_await redis.stop();
}

void look_at_redis(const settings::Values& values, Findings& out) {
  std::shared_ptr<const auth::KeyRing> ring = look_at_ring(values, out);
  std::string trouble;
  auto settings = endpoints::redis_settings(values, trouble);
  if (!settings) {
    out.push_back({Grade::bad, "Redis", trouble});
    return;
  }
  boost::asio::io_context io(1);
  redis::Connection redis(io.get_executor(), std::move(*settings));
  redis.on_trouble([&](const redis::Trouble& why) { trouble = why.text; });
  redis.start();
  boost::asio::co_spawn(io, ask_redis(redis, ring, trouble, out), boost::asio::detached);
  io.run();
}

void look_at_control(Client& client, Findings& out) {
  v1::ListSessionsRequest request;
  request.set_page_size(1);
  v1::ListSessionsResponse response;
  const auto failed = client.list(request, response);
  if (failed)
    out.push_back({Grade::bad, "control room", failed->code + ": " + failed->message});
  else
    out.push_back({Grade::good, "control room", "answers, and knows us"});
}

}  // namespace

std::vector<Finding> examine(const settings::Values& values, Client& client) {
  telemetry::Log::Options quiet;
  quiet.level = telemetry::Level::error;
  quiet.sink = [](std::string_view) {};
  telemetry::Log log(std::move(quiet));
  Findings findings;
  look_at_kafka(values, log, findings);
  look_at_redis(values, findings);
  look_at_control(client, findings);
  return findings;
}

int report(const std::vector<Finding>& findings, Output output) {
  constexpr const char* kNames[] = {"ok", "warning", "bad"};
  bool bad = false;
  std::vector<std::vector<std::string>> rows;
  nlohmann::json all = nlohmann::json::array();
  for (const Finding& finding : findings) {
    const char* const name = kNames[static_cast<int>(finding.grade)];
    bad = bad || finding.grade == Grade::bad;
    rows.push_back({name, finding.what, finding.says});
    all.push_back({{"grade", name}, {"what", finding.what}, {"says", finding.says}});
  }
  const std::string text = output == Output::json ? all.dump() + "\n" : table(rows);
  std::fputs(text.c_str(), stdout);
  return bad ? 1 : 0;
}

}  // namespace linekeeper::lkctl
