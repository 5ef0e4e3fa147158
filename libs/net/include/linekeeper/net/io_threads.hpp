#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace linekeeper::net {

/// Event loops, one thread each. What lives on a loop needs no lock; loops talk to each other by posting.
/// The object itself may be used from any thread; `stop`, `join` and the destructor only from outside the loops.
class IoThreads {
 public:
  /// Starts `count` loops (at least one).
  explicit IoThreads(std::size_t count);
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;
  ~IoThreads();  ///< Stops and joins.

  std::size_t size() const noexcept { return loops_.size(); }
  boost::asio::io_context& at(std::size_t index) noexcept;
  /// Always the same loop for the same key within this process, spread evenly.
  std::size_t index_of(std::string_view key) const noexcept;
  boost::asio::io_context& pick(std::string_view key) noexcept { return at(index_of(key)); }

  /// Runs `work` on that loop, never inside the call. Dropped without running if the loop stops first.
  void post(std::size_t index, std::function<void()> work);

  /// Lets each loop end once it has nothing left to do, and waits for that: the orderly way, after everything was told
  /// to stop. Afterwards nothing runs any more.
  void finish();

  /// Ends the loops after the handler they are in; what waits is destroyed with the loops. Then waits for the threads.
  void stop();

 private:
  struct Loop;
  void join();
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace linekeeper::net
