#pragma once

#include <string>

#include "access/caller.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/net/deadline.hpp"

namespace linekeeper::control {

/// What comes with a request, whichever way it came.
struct Call {
  Caller caller;
  std::string remote;  ///< The peer's address, for the audit record.
  net::Deadline deadline = net::Deadline::never();
  std::string traceparent;  ///< Travels on with the command; empty: none.
};

/// The receiving end of a stream of answers.
template <typename Message>
class Sink {
 public:
  virtual ~Sink() = default;
  /// Returns when the receiver took it, so that one message is on its way at a time and a slow one costs no memory.
  /// False: it is gone.
  virtual awaitable<bool> write(Message message) = 0;
  /// Nothing was to be said for a while. Said to receivers that must be told that the line still stands. False: gone.
  virtual awaitable<bool> keep_alive() { co_return true; }
  /// It is gone: nothing more need be said. `Bell`s of the stream are rung when that happens.
  virtual bool gone() const noexcept = 0;
};

}  // namespace linekeeper::control
