#include "wire.hpp"

#include "linekeeper/node/codec.hpp"

namespace linekeeper::transport {
namespace {

/// Several frames share a message while it is smaller than this.
constexpr std::size_t kBatch = 64 << 10;

}  // namespace

Wire::Wire(net::WebSocket socket, TransportCipher cipher, FrameReader reader, net::TaskGroup& tasks,
           Clock::duration write_limit)
    : socket_(std::move(socket)),
      cipher_(std::move(cipher)),
      reader_(std::move(reader)),
      tasks_(tasks),
      write_limit_(write_limit) {
  reader_.set_cap(kMaxFramePayload);
}

boost::asio::awaitable<Result<Node>> Wire::next(std::function<void()> heard) {
  for (;;) {
    auto frame = reader_.next();
    if (!frame) co_return frame.error();
    if (*frame) {
      auto plain = cipher_.open(**frame);
      if (!plain) co_return plain.error();
      auto node = decode(*plain);
      if (node) co_return std::move(*node);
      ++dropped_;
      continue;
    }
    auto message = co_await socket_.read();
    if (!message) co_return message.error();
    heard();
    reader_.push(*message);
  }
}

void Wire::send(const Node& node) {
  if (!socket_.is_open()) return;
  const Bytes plain = encode(node);
  if (unsent_.empty() || unsent_.back().size() + plain.size() > kBatch) unsent_.emplace_back();
  Bytes& batch = unsent_.back();
  const std::size_t before = batch.size();
  if (!cipher_.seal_frame(batch, plain)) {
    // The counter or the frame is at its end: a new connection is the only way on.
    socket_.close_now();
    return;
  }
  unsent_bytes_ += batch.size() - before;
  if (unsent_bytes_ > kMaxUnsent) {
    socket_.close_now();
    return;
  }
  wake();
}

void Wire::release() {
  if (--held_ == 0) wake();
}

void Wire::wake() {
  if (blocked() || draining_ || unsent_.empty() || !socket_.is_open()) return;
  draining_ = true;
  tasks_.spawn(drain());
}

boost::asio::awaitable<void> Wire::drain() {
  while (!blocked() && !unsent_.empty() && socket_.is_open()) {
    Bytes batch = std::move(unsent_.front());
    unsent_.pop_front();
    unsent_bytes_ -= batch.size();
    auto written = co_await socket_.write(std::move(batch), net::Deadline::after(write_limit_));
    if (!written) socket_.close_now();
  }
  draining_ = false;
  if (flushed_ && (unsent_.empty() || !socket_.is_open())) std::exchange(flushed_, nullptr)->set(true);
}

boost::asio::awaitable<void> Wire::flushed() {
  while (socket_.is_open() && (draining_ || !unsent_.empty())) {
    if (!flushed_) flushed_ = std::make_shared<net::OneShot<bool>>();
    auto mine = flushed_;
    co_await mine->wait();
  }
}

void Wire::close_now() noexcept {
  socket_.close_now();
  unsent_.clear();
  unsent_bytes_ = 0;
  if (flushed_ && !draining_) std::exchange(flushed_, nullptr)->set(true);
}

boost::asio::awaitable<void> Wire::close(Clock::duration limit) {
  co_await flushed();
  auto closed = co_await socket_.close(1000, net::Deadline::after(limit));
  (void)closed;
}

}  // namespace linekeeper::transport
