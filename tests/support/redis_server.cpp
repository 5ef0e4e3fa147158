#include "support/redis_server.hpp"

#include <hiredis/hiredis.h>
#include <signal.h>

#include <stdexcept>

#include "support/free_port.hpp"
#include "support/wait_until.hpp"

namespace linekeeper::test {
namespace {

std::string text_of(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER: return std::to_string(reply.integer);
    case REDIS_REPLY_NIL: return "(nil)";
    case REDIS_REPLY_ARRAY: {
      std::string out;
      for (std::size_t i = 0; i < reply.elements; ++i)
        out += (i ? " " : "") + text_of(*reply.element[i]);
      return out;
    }
    default: return std::string(reply.str, reply.len);
  }
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> options) : port_(free_port()), options_(std::move(options)) {
  for (std::size_t i = 0; i + 1 < options_.size(); ++i)
    if (options_[i] == "--requirepass") password_ = options_[i + 1];
  start();
}

std::string RedisServer::url() const {
  return "redis://" + (password_.empty() ? "" : ":" + password_ + "@") + "127.0.0.1:" + std::to_string(port_) + "/0";
}

void RedisServer::start() {
  std::vector<std::string> argv = {"redis-server",
                                   "--port",
                                   std::to_string(port_),
                                   "--bind",
                                   "127.0.0.1",
                                   "--dir",
                                   dir_.path(),
                                   "--save",
                                   "",
                                   "--appendonly",
                                   "yes",
                                   "--appendfsync",
                                   "always",
                                   "--maxmemory-policy",
                                   "noeviction",
                                   "--daemonize",
                                   "no"};
  argv.insert(argv.end(), options_.begin(), options_.end());
  process_ = std::make_unique<Process>(std::move(argv), dir_.path() / "redis.log");
  const bool up = wait_until(
      [this] {
        try {
          return !process_->running() || run({"PING"}) == "PONG";
        } catch (const std::exception&) {
          return false;
        }
      },
      std::chrono::seconds(20));
  if (!up || !process_->running()) throw std::runtime_error("redis-server did not come up");
}

void RedisServer::stop() {
  process_->terminate();
}
void RedisServer::kill() {
  process_->kill();
}
void RedisServer::freeze() {
  process_->signal(SIGSTOP);
}
void RedisServer::thaw() {
  process_->signal(SIGCONT);
}

std::string RedisServer::run(const std::vector<std::string>& command) const {
  const timeval limit{5, 0};
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(redisConnectWithTimeout("127.0.0.1", port_, limit),
                                                                    &redisFree);
  if (!context || context->err) throw std::runtime_error("redis-server does not answer");
  redisSetTimeout(context.get(), limit);
  const auto send = [&](const std::vector<std::string>& parts) {
    std::vector<const char*> data;
    std::vector<std::size_t> sizes;
    for (const std::string& part : parts) {
      data.push_back(part.data());
      sizes.push_back(part.size());
    }
    void* raw = redisCommandArgv(context.get(), static_cast<int>(parts.size()), data.data(), sizes.data());
    const std::unique_ptr<void, decltype(&freeReplyObject)> reply(raw, &freeReplyObject);
    if (!raw) throw std::runtime_error("redis-server does not answer");
    const auto& found = *static_cast<const redisReply*>(raw);
    if (found.type == REDIS_REPLY_ERROR) throw std::runtime_error(std::string(found.str, found.len));
    return text_of(found);
  };
  if (!password_.empty()) send({"AUTH", password_});
  return send(command);
}

}  // namespace linekeeper::test
