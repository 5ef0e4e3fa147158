#include "loop/line_table.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "clock.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/base/murmur2.hpp"

namespace linekeeper::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kRepeatStatus = 30min;  ///< So that a reader who was away has every status within this time.
constexpr auto kTend = 5s;

}  // namespace

LineTable::LineTable(LineContext& context, std::function<bool(std::string_view)> mine)
    : context_(context), mine_(std::move(mine)), tasks_(context.executor, rethrow), timer_(context.executor) {}

void LineTable::start() {
  tasks_.spawn(tend());
}

bool LineTable::owns(std::string_view session) const {
  return count_ > 0 &&
         shards_.contains(static_cast<std::int32_t>(murmur2(session) % static_cast<std::uint32_t>(count_)));
}

void LineTable::assigned(std::vector<std::int32_t> shards, std::int32_t count) {
  if (stopping_) return;
  count_ = count;
  shards_.insert(shards.begin(), shards.end());
  for (const auto& [session, line] : lines_)
    if (owns(session)) line->own();
  rediscover_ = true;
  if (!discovering_) {
    discovering_ = true;
    tasks_.spawn(discover());
  }
}

void LineTable::revoked(std::vector<std::int32_t> shards) {
  for (const std::int32_t shard : shards)
    shards_.erase(shard);
  for (const auto& [session, line] : lines_)
    if (!owns(session)) line->disown();
}

void LineTable::submit(Command command) {
  if (stopping_) return;
  LineRunner& runner = line(command.session_id);
  // Read from a shard of ours, so the session is ours too, wherever its producer put it.
  runner.own();
  runner.submit(std::move(command));
}

void LineTable::use_ring() {
  for (const auto& [session, line] : lines_)
    line->use_ring();
}

LineRunner& LineTable::line(const std::string& session) {
  auto& slot = lines_[session];
  if (!slot) slot = std::make_shared<LineRunner>(context_, session);
  return *slot;
}

awaitable<void> LineTable::discover() {
  while (rediscover_ && !stopping_) {
    rediscover_ = false;
    for (unsigned bucket = 0; bucket < auth::kBuckets && !stopping_; ++bucket) {
      const auto sessions = co_await context_.leases.sessions(static_cast<std::uint8_t>(bucket));
      if (!sessions) {
        // The store is away; what it knows is asked for again when it is back.
        rediscover_ = true;
        break;
      }
      for (const std::string& session : *sessions)
        if (!stopping_ && mine_(session) && owns(session)) line(session).own();
    }
    if (!rediscover_) break;
    asio::steady_timer pause(context_.executor, 500ms);
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  discovering_ = false;
}

awaitable<void> LineTable::tend() {
  auto repeat_at = std::chrono::steady_clock::now() + kRepeatStatus;
  while (!stopping_) {
    timer_.expires_after(kTend);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (stopping_) break;
    const bool repeat = std::chrono::steady_clock::now() >= repeat_at;
    if (repeat) repeat_at += kRepeatStatus;
    for (auto it = lines_.begin(); it != lines_.end();) {
      if (it->second->idle()) {
        tasks_.spawn(reap(std::move(it->second)));
        it = lines_.erase(it);
        continue;
      }
      if (repeat) it->second->repeat_status();
      ++it;
    }
  }
}

awaitable<void> LineTable::reap(std::shared_ptr<LineRunner> line) {
  co_await line->stop();
}

awaitable<void> LineTable::stop() {
  stopping_ = true;
  timer_.cancel();
  shards_.clear();
  for (auto& [session, line] : std::exchange(lines_, {}))
    tasks_.spawn(reap(std::move(line)));
  co_await tasks_.join();
}

}  // namespace linekeeper::worker
