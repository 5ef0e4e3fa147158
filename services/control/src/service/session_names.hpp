#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "board/board.hpp"
#include "linekeeper/auth/line_reader.hpp"
#include "linekeeper/net/async_lock.hpp"

namespace linekeeper::control {

/// The names of all sessions, sorted, as lists walk over them. Asking the store costs 256 commands and 10,000 strings,
/// and pages are asked for one after the other: so an answer serves for `kFresh`, and callers who come while one is
/// under way wait for that. A session that a worker tells of meanwhile is there at once.
/// Threads: the reader's, which outlives it, as does the board.
class SessionNames {
 public:
  static constexpr std::chrono::milliseconds kFresh{1000};
  using List = std::shared_ptr<const std::vector<std::string>>;

  SessionNames(auth::LineReader& lines, const Board& board) : lines_(lines), board_(board) {}

  /// Errors: those of `LineReader::sessions`; `store_unavailable` when too many wait already.
  awaitable<Result<List>> all();

 private:
  bool fresh() const;

  auth::LineReader& lines_;
  const Board& board_;
  net::AsyncLock asking_{10'000};
  List names_;
  std::chrono::steady_clock::time_point taken_;
  std::size_t heard_ = 0;  ///< Sessions on the board when the names were asked for.
};

}  // namespace linekeeper::control
