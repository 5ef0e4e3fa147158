#include "loop/line_table.hpp"

#include <algorithm>
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

LineTable::LineTable(LineContext& context, std::function<bool(std::uint8_t)> mine)
    : context_(context), mine_(std::move(mine)), tasks_(context.executor, rethrow), timer_(context.executor) {}

void LineTable::start() {
  tasks_.spawn(tend());
}

const LineTable::Shard* LineTable::shard_of(std::string_view session) const {
  if (count_ <= 0) return nullptr;
  const auto shard = shards_.find(static_cast<std::int32_t>(murmur2(session) % static_cast<std::uint32_t>(count_)));
  return shard == shards_.end() ? nullptr : &shard->second;
}

void LineTable::assigned(std::vector<std::int32_t> shards, std::int32_t count) {
  if (ending_) return;
  const bool regrouped = count_ != count && count_ != 0;
  count_ = count;
  for (const std::int32_t shard : shards)
    shards_.try_emplace(shard, Shard{std::chrono::steady_clock::now(), std::nullopt});
  settle(regrouped);
  rediscover_ = true;
  if (!discovering_) {
    discovering_ = true;
    tasks_.spawn(discover());
  }
}

/// What each line here has to know of the shards that are ours now. `regrouped`: sessions belong to other shards than
/// before.
void LineTable::settle(bool regrouped) {
  for (const auto& [session, line] : lines_) {
    if (const Shard* const shard = shard_of(session)) {
      line->own(shard->since_us);
    } else if (regrouped && line->owned()) {
      line->disown(false);
    }
  }
}

void LineTable::revoked(std::vector<std::int32_t> shards, bool lost) {
  for (const std::int32_t shard : shards)
    shards_.erase(shard);
  for (const auto& [session, line] : lines_)
    if (line->owned() && shard_of(session) == nullptr) line->disown(lost);
}

void LineTable::submit(Command command) {
  if (ending_) return;
  LineRunner& runner = line(command.session_id);
  // Read from a shard of ours, so the session is ours too, wherever its producer put it; but where the number of its
  // shard says otherwise, any other owner's claim is better.
  const Shard* const shard = shard_of(command.session_id);
  runner.own(shard != nullptr ? shard->since_us : 1);
  runner.submit(std::move(command));
}

void LineTable::use_ring() {
  for (const auto& [session, line] : lines_)
    line->use_ring();
}

void LineTable::use_version() {
  for (const auto& [session, line] : lines_)
    line->use_version();
}

LineRunner& LineTable::line(const std::string& session) {
  auto& slot = lines_[session];
  if (!slot) slot = std::make_shared<LineRunner>(context_, session);
  return *slot;
}

awaitable<void> LineTable::discover() {
  while (rediscover_ && !ending_) {
    rediscover_ = false;
    bool done = co_await date_shards();
    if (done) done = co_await find_lines();
    if (done) continue;
    // The store is away; what it knows is asked for again when it is back.
    rediscover_ = true;
    asio::steady_timer pause(context_.executor, 500ms);
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  discovering_ = false;
}

/// Which of two owners came later is told by Redis' clock, the only one they share.
awaitable<bool> LineTable::date_shards() {
  const auto now_us = co_await context_.leases.store_time_us();
  if (!now_us) co_return false;
  const auto now = std::chrono::steady_clock::now();
  for (auto& [number, shard] : shards_) {
    if (shard.since_us) continue;
    const auto ago = std::chrono::duration_cast<std::chrono::microseconds>(now - shard.assigned_at).count();
    shard.since_us = *now_us - static_cast<std::uint64_t>(ago);
  }
  settle(false);
  co_return true;
}

awaitable<bool> LineTable::find_lines() {
  for (unsigned number = 0; number < auth::kBuckets && !ending_; ++number) {
    const auto bucket = static_cast<std::uint8_t>(number);
    if (!mine_(bucket)) continue;
    const auto sessions = co_await context_.leases.sessions(bucket);
    if (!sessions) co_return false;
    for (const std::string& session : *sessions) {
      const Shard* const shard = ending_ ? nullptr : shard_of(session);
      if (shard != nullptr) line(session).own(shard->since_us);
    }
  }
  co_return true;
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

awaitable<void> LineTable::finish_commands() {
  ending_ = true;
  std::vector<std::shared_ptr<LineRunner>> lines;
  lines.reserve(lines_.size());
  for (const auto& [session, line] : lines_)
    lines.push_back(line);
  for (const auto& line : lines)
    line->drain();
  for (const auto& line : lines)
    co_await line->commands_finished();
}

awaitable<void> LineTable::handed_over() {
  const auto held = [](const auto& line) { return !line.second->idle(); };
  while (!stopping_ && std::any_of(lines_.begin(), lines_.end(), held)) {
    asio::steady_timer pause(context_.executor, 20ms);
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

awaitable<void> LineTable::stop() {
  ending_ = stopping_ = true;
  timer_.cancel();
  shards_.clear();
  for (auto& [session, line] : std::exchange(lines_, {}))
    tasks_.spawn(reap(std::move(line)));
  co_await tasks_.join();
}

}  // namespace linekeeper::worker
