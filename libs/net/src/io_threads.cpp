#include "linekeeper/net/io_threads.hpp"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <thread>

namespace linekeeper::net {

using Context = boost::asio::io_context;

struct IoThreads::Loop {
  // One thread runs it, so Asio may skip waking others; posting from other threads stays safe with this hint.
  Context context{1};
  boost::asio::executor_work_guard<Context::executor_type> work{context.get_executor()};
  std::thread thread;
};

IoThreads::IoThreads(std::size_t count) {
  loops_.reserve(std::max<std::size_t>(count, 1));
  for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) {
    loops_.push_back(std::make_unique<Loop>());
    Loop& loop = *loops_.back();
    loop.thread = std::thread([&loop] { loop.context.run(); });
  }
}

IoThreads::~IoThreads() {
  stop();
}

Context& IoThreads::at(std::size_t index) noexcept {
  return loops_[index]->context;
}

std::size_t IoThreads::index_of(std::string_view key) const noexcept {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a, then mixed because its low bits alone are weak
  for (const char c : key)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  hash ^= hash >> 32;
  return static_cast<std::size_t>(hash % loops_.size());
}

void IoThreads::post(std::size_t index, std::function<void()> work) {
  boost::asio::post(at(index), [work = std::move(work)] { work(); });
}

void IoThreads::finish() {
  for (auto& loop : loops_)
    loop->work.reset();
  join();
}

void IoThreads::stop() {
  for (auto& loop : loops_) {
    loop->work.reset();
    loop->context.stop();
  }
  join();
}

void IoThreads::join() {
  for (auto& loop : loops_)
    if (loop->thread.joinable()) loop->thread.join();
}

}  // namespace linekeeper::net
