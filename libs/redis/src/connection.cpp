#include "linekeeper/redis/connection.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <deque>
#include <set>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "linekeeper/net/socket.hpp"
#include "linekeeper/redis/reply_parser.hpp"

namespace linekeeper::redis {
namespace {

using Clock = net::Deadline::Clock;
using Timer = asio::steady_timer;

constexpr std::size_t kWriteAtOnce = 256 * 1024;
constexpr std::chrono::seconds kDenialLasts{30};

/// One call: its commands go out together and their replies come back in order.
struct Waiter {
  Waiter(const asio::any_io_executor& executor, std::string encoded, std::size_t count)
      : timer(executor), bytes(std::move(encoded)), expected(count) {}

  Timer timer;        ///< Its expiry is the deadline; cancelled when there is an outcome.
  std::string bytes;  ///< Until they are handed to the socket.
  std::size_t expected;
  bool on_this_connection = false;  ///< Not to be sent on a later one.
  std::vector<Reply> replies;
  error_code error;
  bool done = false;
  Clock::time_point written_at;

  void finish(error_code why) {
    if (done) return;
    error = why;
    done = true;
    timer.cancel();
  }
};
using WaiterPtr = std::shared_ptr<Waiter>;

struct Address {
  std::string database;
  bool valid = false;
};

/// The database number in the path: "/", "/3".
Address address_of(const net::Url& url) {
  std::string_view path = url.target;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return {"0", true};
  unsigned number = 0;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
  return {std::string(path), error == std::errc() && end == path.data() + path.size()};
}

}  // namespace

struct Connection::Impl : std::enable_shared_from_this<Connection::Impl> {
  Impl(asio::any_io_executor given, Settings wanted)
      : executor(std::move(given)),
        settings(std::move(wanted)),
        backoff(settings.backoff_first, settings.backoff_most),
        pause(executor),
        wake_writer(executor),
        idle(executor) {}

  asio::any_io_executor executor;
  Settings settings;
  std::function<void(const ServerInfo&)> connected_call;
  std::function<void(const Trouble&)> trouble_call;
  std::function<void(const std::string&)> denied_call;

  net::Socket socket;
  ReplyParser parser;
  std::optional<ServerInfo> server;
  std::string denied;                 ///< The newest.
  std::set<std::string> denied_told;  ///< One for each command at most.
  Clock::time_point denied_at{};
  std::deque<WaiterPtr> unsent;
  std::deque<WaiterPtr> sent;
  std::size_t unsent_bytes = 0;

  Backoff backoff;
  Timer pause;        ///< Between attempts.
  Timer wake_writer;  ///< Never expires; cancelled when there is something to write, or nothing ever again.
  Timer idle;         ///< Cancelled when the last coroutine ends.
  int running = 0;    ///< Coroutines of ours.
  unsigned life = 0;  ///< Counts connections, so that a writer that wakes late leaves its successor alone.
  bool started = false;
  bool stopped = false;

  std::string where() const { return settings.url.host + ":" + std::to_string(settings.url.port); }
  void trouble(error_code code, std::string text, bool unfit = false) const {
    if (trouble_call && !stopped) trouble_call(Trouble{code, std::move(text), unfit});
  }

  void close() {
    stopped = true;
    server.reset();
    socket.close_now();
    pause.cancel();
    wake_writer.cancel();
    fail(sent);
    fail(unsent);
    unsent_bytes = 0;
  }

  static void fail(std::deque<WaiterPtr>& waiters) {
    for (const WaiterPtr& waiter : waiters)
      waiter->finish(Errc::store_unavailable);
    waiters.clear();
  }

  void fail_bound_to_connection() {
    std::erase_if(unsent, [this](const WaiterPtr& waiter) {
      if (!waiter->on_this_connection) return false;
      unsent_bytes -= waiter->bytes.size();
      waiter->finish(Errc::store_unavailable);
      return true;
    });
  }

  void ended() {
    if (--running == 0) idle.cancel();
  }

  static awaitable<Result<std::vector<Reply>>> request(std::shared_ptr<Impl> self, std::string bytes, std::size_t count,
                                                       net::Deadline deadline, unsigned only_life = 0) {
    if (self->stopped || (only_life != 0 && (!self->server || only_life != self->life)) ||
        self->unsent.size() + self->sent.size() >= self->settings.max_waiting ||
        self->unsent_bytes + bytes.size() > self->settings.max_waiting_bytes)
      co_return Errc::store_unavailable;
    auto waiter = std::make_shared<Waiter>(self->executor, std::move(bytes), count);
    waiter->timer.expires_at(deadline.when());
    waiter->on_this_connection = only_life != 0;
    self->unsent_bytes += waiter->bytes.size();
    self->unsent.push_back(waiter);
    self->wake_writer.cancel();

    boost::system::error_code woken;
    co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (!waiter->done) {  // Too late. What was not written never will be; a reply on its way will find nobody.
      const auto it = std::find(self->unsent.begin(), self->unsent.end(), waiter);
      if (it != self->unsent.end()) {
        self->unsent_bytes -= waiter->bytes.size();
        self->unsent.erase(it);
      }
      co_return Errc::store_unavailable;
    }
    if (waiter->error) co_return waiter->error;
    co_return std::move(waiter->replies);
  }

  static awaitable<Result<Reply>> run_script(std::shared_ptr<Impl> self, const Script& script, Command command,
                                             net::Deadline deadline, unsigned only_life);

  static awaitable<void> run(std::shared_ptr<Impl> self) {
    while (!self->stopped) {
      const bool up = co_await connect(self);
      if (up && !self->stopped) {
        self->backoff.reset();
        ++self->running;
        asio::co_spawn(self->executor, write_all(self, self->life), asio::detached);
        co_await read_all(self);
        self->server.reset();
        self->socket.close_now();
        self->wake_writer.cancel();
        fail(self->sent);
        self->fail_bound_to_connection();
        self->trouble(Errc::store_unavailable, "the connection to Redis at " + self->where() + " broke");
      }
      if (self->stopped) break;
      self->socket.close_now();
      self->pause.expires_after(self->backoff.next(crypto::random_u64()) + self->settings.backoff_first / 2);
      boost::system::error_code woken;
      co_await self->pause.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    self->ended();
  }

  /// Opens a socket and says hello. False if that failed, told through `trouble`.
  static awaitable<bool> connect(std::shared_ptr<Impl> self) {
    const net::Deadline deadline = net::Deadline::after(self->settings.connect_timeout);
    const net::Url& url = self->settings.url;
    const Address address = address_of(url);
    if (!address.valid || (url.tls() && !self->settings.tls)) {
      self->trouble(Errc::invalid_argument, "the Redis URL's path must be a database number, and rediss needs TLS");
      co_return false;
    }
    net::ConnectReport report;
    Result<net::Socket> opened = Errc::connect_refused;
    if (url.tls())
      opened = co_await net::connect_tls(url.host, url.port, *self->settings.tls, deadline, &report);
    else
      opened = co_await net::connect_plain(url.host, url.port, deadline, &report);
    if (self->stopped) co_return false;
    if (!opened) {
      self->trouble(opened.error(), "no connection to Redis at " + self->where() + ": " + opened.error().message() +
                                        (report.detail.empty() ? "" : " (" + report.detail + ")"));
      co_return false;
    }
    self->socket = std::move(*opened);
    self->parser = ReplyParser(ReplyParser::Limits{.reply_bytes = self->settings.max_reply_bytes});

    std::vector<Command> hello;
    const std::string& password = url.password.reveal();
    if (!password.empty())
      hello.push_back(url.user.empty() ? Command{"AUTH", password} : Command{"AUTH", url.user, password});
    hello.push_back({"SELECT", address.database});
    hello.push_back({"INFO"});
    hello.push_back({"CONFIG", "GET", "append*"});
    std::string bytes;
    for (const Command& command : hello)
      bytes += encode(command);
    Result<void> written = co_await self->socket.write(as_bytes(bytes), deadline);
    wipe({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
    if (!written) {
      self->trouble(written.error(), "no connection to Redis at " + self->where() + ": it broke at once");
      co_return false;
    }
    std::vector<Reply> replies;
    while (replies.size() < hello.size()) {
      const auto status = co_await read_into(self, replies, deadline);
      if (!status) {
        self->trouble(status.error(), "Redis at " + self->where() + " does not say hello: " + status.error().message());
        co_return false;
      }
    }
    co_return self->judge(replies, password.empty() ? 0 : 1);
  }

  /// What came back from the hello; `at` is the place of SELECT's reply.
  bool judge(const std::vector<Reply>& replies, std::size_t at) {
    for (std::size_t i = 0; i <= at + 1; ++i) {
      if (!replies[i].is_error()) continue;
      const error_code code = error_of(replies[i]);
      const std::string_view text = replies[i].error_text();
      const char* advice = i < at                       ? "check user and password in redis-url"
                           : text.starts_with("NOAUTH") ? "it wants a password: put it into redis-url"
                           : i == at                    ? "check the database number in redis-url"
                                                        : "this user must be allowed INFO";
      if (code == Errc::store_unavailable) advice = "it is not ready yet";
      trouble(code, "Redis at " + where() + " refuses us: " + advice);
      return false;
    }
    const ServerInfo info = read_server_info(replies[at + 1].string().value_or(""), replies[at + 2]);
    if (const std::string why = refusal(info); !why.empty()) {
      trouble(Errc::store_refused, why, true);
      return false;
    }
    server = info;
    denied.clear();
    denied_told.clear();
    ++life;
    if (connected_call) connected_call(info);
    return true;
  }

  /// Reads once and appends the replies that became complete; used before the reader runs.
  static awaitable<Result<void>> read_into(std::shared_ptr<Impl> self, std::vector<Reply>& replies,
                                           net::Deadline deadline) {
    std::vector<std::uint8_t> buffer(16 * 1024);
    const Result<std::size_t> size = co_await self->socket.read_some(buffer, deadline);
    if (!size) co_return size.error();
    self->parser.push(ByteView(buffer).first(*size));
    for (;;) {
      auto next = self->parser.next();
      if (!next) co_return next.error();
      if (!*next) co_return ok();
      replies.push_back(std::move(**next));
    }
  }

  static awaitable<void> write_all(std::shared_ptr<Impl> self, unsigned life) {
    while (self->server && life == self->life) {
      if (self->unsent.empty()) {
        self->wake_writer.expires_at(Clock::time_point::max());
        boost::system::error_code woken;
        co_await self->wake_writer.async_wait(asio::redirect_error(asio::use_awaitable, woken));
        continue;
      }
      std::string batch;
      const auto now = Clock::now();
      while (!self->unsent.empty() && batch.size() < kWriteAtOnce) {
        WaiterPtr waiter = std::move(self->unsent.front());
        self->unsent.pop_front();
        self->unsent_bytes -= waiter->bytes.size();
        batch.empty() ? batch.swap(waiter->bytes) : void(batch += waiter->bytes);
        waiter->bytes = {};
        waiter->written_at = now;
        self->sent.push_back(std::move(waiter));
      }
      const net::Deadline deadline = net::Deadline::after(self->settings.stall_after);
      const Result<void> written = co_await self->socket.write(as_bytes(batch), deadline);
      if (!written) {
        if (life == self->life) self->socket.close_now();  // The reader notices and cleans up.
        break;
      }
    }
    self->ended();
  }

  /// Until the connection breaks.
  static awaitable<void> read_all(std::shared_ptr<Impl> self) {
    std::vector<std::uint8_t> buffer(16 * 1024);
    for (;;) {
      const net::Deadline deadline = net::Deadline::after(self->settings.stall_after);
      const Result<std::size_t> size = co_await self->socket.read_some(buffer, deadline);
      if (!size) {
        if (size.error() != Errc::timed_out) co_return;
        if (!self->sent.empty() && Clock::now() - self->sent.front()->written_at >= self->settings.stall_after)
          co_return;
        continue;
      }
      self->parser.push(ByteView(buffer).first(*size));
      if (!self->deliver()) co_return;
    }
  }

  /// "NOPERM User lk has no permissions to run the 'get' command": names and key patterns only, no contents.
  void note_denial(const Reply& reply) {
    const std::string_view said = reply.error_text();
    if (!said.starts_with("NOPERM")) return;
    std::string text = "Redis at " + where() + " denies our user a right it needs (" +
                       std::string(said.substr(0, said.find(" script:"))) + "): grant it with ACL SETUSER";
    denied_at = Clock::now();
    denied = std::move(text);
    if (denied_told.insert(denied).second && denied_call) denied_call(denied);
  }

  bool deliver() {
    for (;;) {
      auto next = parser.next();
      if (!next) return false;
      if (!*next) return true;
      if (sent.empty()) return false;  // A reply to nothing: the stream is out of step.
      Waiter& waiter = *sent.front();
      waiter.replies.push_back(std::move(**next));
      note_denial(waiter.replies.back());
      if (waiter.replies.size() < waiter.expected) continue;
      waiter.finish({});
      sent.pop_front();
    }
  }
};

Connection::Connection(asio::any_io_executor executor, Settings settings)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(settings))) {}

Connection::~Connection() {
  impl_->close();
}

void Connection::on_connected(std::function<void(const ServerInfo&)> call) {
  impl_->connected_call = std::move(call);
}

void Connection::on_trouble(std::function<void(const Trouble&)> call) {
  impl_->trouble_call = std::move(call);
}

void Connection::on_denied(std::function<void(const std::string&)> call) {
  impl_->denied_call = std::move(call);
}

std::string Connection::denial() const {
  const bool lately = connected() && Clock::now() - impl_->denied_at < kDenialLasts;
  return lately ? impl_->denied : std::string();
}

void Connection::start() {
  if (impl_->started) return;
  impl_->started = true;
  ++impl_->running;
  asio::co_spawn(impl_->executor, Impl::run(impl_), asio::detached);
}

awaitable<void> Connection::stop() {
  auto self = impl_;
  self->close();
  while (self->running > 0) {
    self->idle.expires_at(Clock::time_point::max());
    boost::system::error_code woken;
    co_await self->idle.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

awaitable<Result<Reply>> Connection::command(Command command, net::Deadline deadline) {
  auto self = impl_;
  auto replies = co_await Impl::request(self, encode(command), 1, deadline);
  if (!replies) co_return replies.error();
  if (const error_code error = error_of(replies->front())) co_return error;
  co_return std::move(replies->front());
}

awaitable<Result<Reply>> Connection::command(Command command) {
  return this->command(std::move(command), default_deadline());
}

awaitable<Result<std::vector<Reply>>> Connection::pipeline(std::vector<Command> commands, net::Deadline deadline) {
  if (commands.empty()) co_return std::vector<Reply>();
  auto self = impl_;
  std::string bytes;
  for (const Command& command : commands)
    bytes += encode(command);
  auto replies = co_await Impl::request(self, std::move(bytes), commands.size(), deadline);
  co_return replies;
}

awaitable<Result<std::vector<Reply>>> Connection::pipeline(std::vector<Command> commands) {
  return pipeline(std::move(commands), default_deadline());
}

namespace {

Command evalsha(const Script& script, std::vector<std::string> keys, std::vector<std::string> args) {
  Command command;
  command.reserve(3 + keys.size() + args.size());
  command.insert(command.end(), {"EVALSHA", script.sha1(), std::to_string(keys.size())});
  command.insert(command.end(), std::make_move_iterator(keys.begin()), std::make_move_iterator(keys.end()));
  command.insert(command.end(), std::make_move_iterator(args.begin()), std::make_move_iterator(args.end()));
  return command;
}

}  // namespace

awaitable<Result<Reply>> Connection::Impl::run_script(std::shared_ptr<Impl> self, const Script& script, Command command,
                                                      net::Deadline deadline, unsigned only_life) {
  auto replies = co_await request(self, encode(command), 1, deadline, only_life);
  if (!replies) co_return replies.error();
  if (replies->front().error_text().starts_with("NOSCRIPT")) {
    command[0] = "EVAL";
    command[1] = script.text();
    replies = co_await request(self, encode(command), 1, deadline, only_life);
    if (!replies) co_return replies.error();
  }
  if (const error_code error = error_of(replies->front())) co_return error;
  co_return std::move(replies->front());
}

awaitable<Result<Reply>> Connection::eval(const Script& script, std::vector<std::string> keys,
                                          std::vector<std::string> args, net::Deadline deadline) {
  return Impl::run_script(impl_, script, evalsha(script, std::move(keys), std::move(args)), deadline, 0);
}

awaitable<Result<Reply>> Connection::eval(const Script& script, std::vector<std::string> keys,
                                          std::vector<std::string> args) {
  return eval(script, std::move(keys), std::move(args), default_deadline());
}

awaitable<Result<Reply>> Connection::eval_now(const Script& script, std::vector<std::string> keys,
                                              std::vector<std::string> args) {
  return Impl::run_script(impl_, script, evalsha(script, std::move(keys), std::move(args)), default_deadline(),
                          std::max(1U, impl_->life));
}

const std::optional<ServerInfo>& Connection::server() const noexcept {
  return impl_->server;
}

net::Deadline Connection::default_deadline() const noexcept {
  return net::Deadline::after(impl_->settings.command_timeout);
}

asio::any_io_executor Connection::executor() const {
  return impl_->executor;
}

}  // namespace linekeeper::redis
