#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "clock.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/net/one_shot.hpp"
#include "linekeeper/node/node.hpp"

namespace linekeeper::transport {

using Answer = net::OneShot<Result<Node>>;

/// What waits for an answer with the same id: iqs, or messages for their acks. Bounded, each with a deadline, all of
/// them failed when the connection ends. Knows no socket.
class RequestTable {
 public:
  explicit RequestTable(std::size_t bound) noexcept : bound_(bound) {}

  /// Null if there are too many, the id is taken, or the table is closed.
  std::shared_ptr<Answer> add(std::string id, Time deadline);

  /// Hands the node to whoever waits for this id; false if nobody does.
  bool answer(std::string_view id, Node node);

  /// The caller lost interest.
  void forget(std::string_view id);

  /// Fails what is due with `timed_out`. Call at or after `due()`.
  void at(Time now);

  /// Fails everything with `why`, now and later.
  void close(Errc why);

  Time due() const noexcept;
  std::size_t size() const noexcept { return waiting_.size(); }
  bool closed() const noexcept { return closed_; }

 private:
  struct Waiting {
    std::shared_ptr<Answer> answer;
    Time deadline;
  };
  std::size_t bound_;
  bool closed_ = false;
  std::map<std::string, Waiting, std::less<>> waiting_;
};

/// Ids of our requests: two random numbers and a counter, `4711.31999-1`, as Baileys writes them.
class RequestIds {
 public:
  explicit RequestIds(std::uint64_t random);
  std::string next();

 private:
  std::string prefix_;
  std::uint64_t count_ = 0;
};

/// The code of an `<iq type="error">`: 0 if it names none.
int iq_error_code(const Node& iq) noexcept;
/// Whether this answer is a result; anything else counts as an error.
bool is_result(const Node& iq);

}  // namespace linekeeper::transport
