#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/base/backoff.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/net/deadline.hpp"
#include "linekeeper/net/tls_context.hpp"
#include "linekeeper/net/url.hpp"
#include "linekeeper/redis/command.hpp"
#include "linekeeper/redis/reply.hpp"
#include "linekeeper/redis/script.hpp"
#include "linekeeper/redis/server_info.hpp"

namespace linekeeper::redis {

/// What went wrong while connecting, in words for an operator. No secrets in it.
struct Trouble {
  error_code code;
  std::string text;    ///< "Redis at 127.0.0.1:6379 refuses the password: …".
  bool unfit = false;  ///< The server was reached and may not be used as it is: it evicts, or is too old.
};

/// One pipelined connection to one Redis server that comes back by itself.
///
/// Commands leave in the order of the calls and many may wait at once; each has a deadline. While there is no
/// connection, commands wait for one until their deadline. When a connection breaks, those already written end with
/// `store_unavailable`: whether they were executed is unknown. A server that does not answer for `stall_after` counts
/// as gone.
/// Each connect authenticates, selects the database and reads what the server says of itself; a server that evicts or
/// is older than 7 is refused and tried again later.
/// Threads: everything on the one thread that runs `executor`. Make one per thread.
class Connection {
 public:
  struct Settings {
    net::Url url;                        ///< redis:// or rediss://, database number in the path.
    std::optional<net::TlsContext> tls;  ///< Needed for rediss.
    std::chrono::milliseconds command_timeout{2000};
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds stall_after{5000};
    std::chrono::milliseconds backoff_first{50};
    std::chrono::milliseconds backoff_most{2000};
    std::size_t max_waiting = 16384;                        ///< Commands without an answer; more are refused.
    std::size_t max_waiting_bytes = std::size_t{64} << 20;  ///< Of commands not yet written.
    std::size_t max_reply_bytes = std::size_t{64} << 20;
  };

  /// Does nothing before `start`.
  Connection(asio::any_io_executor executor, Settings settings);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  /// Without `stop` before: closes at once; commands under way end with `store_unavailable`.
  ~Connection();

  /// Called at each connect, before any command waiting is sent, and with each failure to connect. Set before `start`.
  /// They must not block.
  void on_connected(std::function<void(const ServerInfo&)> call);
  void on_trouble(std::function<void(const Trouble&)> call);
  /// Called when Redis denies our user a command or a key (NOPERM), in words for an operator; again only when they
  /// change. The command's caller learns of it as `store_refused`.
  void on_denied(std::function<void(const std::string&)> call);

  void start();
  /// Closes the connection, ends all commands with `store_unavailable` and returns when nothing runs any more.
  awaitable<void> stop();

  /// Sends one command. Errors: `store_unavailable` (not connected, broken, or no answer in time: unknown whether it
  /// was executed), `store_full`, `store_refused`. An error reply never comes back as a Reply.
  awaitable<Result<Reply>> command(Command command, net::Deadline deadline);
  awaitable<Result<Reply>> command(Command command);  ///< With the default deadline.

  /// Several commands, one round trip. Error replies are among the replies. Errors: `store_unavailable`.
  awaitable<Result<std::vector<Reply>>> pipeline(std::vector<Command> commands, net::Deadline deadline);
  awaitable<Result<std::vector<Reply>>> pipeline(std::vector<Command> commands);

  /// Runs a script by its digest; loads it if the server does not know it. `script` outlives the call. Errors as
  /// `command`.
  awaitable<Result<Reply>> eval(const Script& script, std::vector<std::string> keys, std::vector<std::string> args,
                                net::Deadline deadline);
  awaitable<Result<Reply>> eval(const Script& script, std::vector<std::string> keys, std::vector<std::string> args);

  /// As `eval`, on the present connection or not at all: never after a reconnect, when the server may be another one
  /// than the caller has judged. Ends with `store_unavailable` if there is none, or when it breaks.
  awaitable<Result<Reply>> eval_now(const Script& script, std::vector<std::string> keys, std::vector<std::string> args);

  /// The present connection's server; nothing while there is none.
  const std::optional<ServerInfo>& server() const noexcept;
  bool connected() const noexcept { return server().has_value(); }
  /// What was denied on this connection within the last half minute, as `on_denied` tells it; empty if nothing was.
  std::string denial() const;
  net::Deadline default_deadline() const noexcept;
  asio::any_io_executor executor() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace linekeeper::redis
