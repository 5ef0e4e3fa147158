#include "linekeeper/telemetry/log.hpp"

#include <openssl/rand.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>

#include <array>

#include "fd_sink.hpp"
#include "line.hpp"
#include "repeats.hpp"

namespace linekeeper::telemetry {
namespace {

constexpr unsigned kMostRepeats = 20;
constexpr std::chrono::seconds kRepeatWindow{10};

spdlog::level::level_enum spd(Level level) {
  switch (level) {
    case Level::trace: return spdlog::level::trace;
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// Hands lines to a function instead of a descriptor.
class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(Log::Sink take) : sink_(std::move(take)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    sink_({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

 private:
  Log::Sink sink_;
};

SecretBytes random_key() {
  SecretBytes key{Bytes(32)};
  RAND_bytes(key.reveal().data(), static_cast<int>(key.reveal().size()));
  return key;
}

}  // namespace

struct Log::Impl {
  bool json;
  Identifiers identifiers;
  std::shared_ptr<FdSink> fd_sink;
  std::unique_ptr<spdlog::logger> logger;
  std::mutex repeats_mutex;
  Repeats repeats{kMostRepeats, kRepeatWindow};

  explicit Impl(Options options) : json(options.json) {
    identifiers.plain = options.identifiers;
    identifiers.key = options.identifier_key.reveal().empty() ? random_key() : std::move(options.identifier_key);
    spdlog::sink_ptr sink;
    if (options.sink) {
      sink = std::make_shared<FunctionSink>(std::move(options.sink));
    } else {
      sink = fd_sink = std::make_shared<FdSink>(options.fd);
    }
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    logger = std::make_unique<spdlog::logger>("linekeeper", std::move(sink));
    logger->set_level(spd(options.level));
  }
};

Log::Log() : Log(Options{}) {}
Log::Log(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Log::~Log() = default;

bool Log::enabled(Level level) const noexcept {
  return impl_->logger->should_log(spd(level));
}

void Log::write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  std::uint64_t suppressed = 0;
  if (level >= Level::warn) {
    const std::scoped_lock lock(impl_->repeats_mutex);
    const auto admitted = impl_->repeats.admit(message, std::chrono::steady_clock::now());
    if (!admitted) return;
    suppressed = *admitted;
  }
  const LineParts parts{std::chrono::system_clock::now(), level, message, {fields.begin(), fields.size()}, suppressed};
  const std::string line = impl_->json ? json_line(parts, impl_->identifiers) : text_line(parts, impl_->identifiers);
  impl_->logger->log(spd(level), spdlog::string_view_t(line));
}

std::uint64_t Log::dropped() const noexcept {
  return impl_->fd_sink ? impl_->fd_sink->dropped() : 0;
}

Level level_from(std::string_view name) noexcept {
  for (const Level level : {Level::trace, Level::debug, Level::warn, Level::error}) {
    if (name == to_string(level)) return level;
  }
  return Level::info;
}

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::trace: return "trace";
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: return "error";
  }
  return "info";
}

}  // namespace linekeeper::telemetry
