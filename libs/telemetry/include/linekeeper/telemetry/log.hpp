#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::telemetry {

enum class Level : std::uint8_t { trace, debug, info, warn, error };

/// One named value of a log line. Borrowed: lives as long as the call. There is no way to make one of a Secret.
class Field {
 public:
  enum class Kind : std::uint8_t { text, identifier, integer, natural, real, truth };

  Field(std::string_view name, std::string_view value) : name_(name), kind_(Kind::text), text_(value) {}
  Field(std::string_view name, const std::string& value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, const char* value) : Field(name, std::string_view(value)) {}
  Field(std::string_view name, bool value) : name_(name), kind_(Kind::truth), natural_(value) {}
  template <std::signed_integral T>
  Field(std::string_view name, T value) : name_(name), kind_(Kind::integer), integer_(value) {}
  template <std::unsigned_integral T>
  Field(std::string_view name, T value) : name_(name), kind_(Kind::natural), natural_(value) {}
  Field(std::string_view name, double value) : name_(name), kind_(Kind::real), real_(value) {}
  /// In milliseconds; the name should end in `_ms`.
  Field(std::string_view name, std::chrono::milliseconds value) : Field(name, std::int64_t(value.count())) {}
  template <typename T>
  Field(std::string_view name, const Secret<T>& value) = delete;
  Field(std::string_view name, ByteView value) = delete;
  Field(std::string_view name, const Bytes& value) = delete;
  template <std::size_t N>
  Field(std::string_view name, const std::array<std::uint8_t, N>& value) = delete;

  std::string_view name() const noexcept { return name_; }
  Kind kind() const noexcept { return kind_; }
  std::string_view text() const noexcept { return text_; }
  std::int64_t integer() const noexcept { return integer_; }
  std::uint64_t natural() const noexcept { return natural_; }
  double real() const noexcept { return real_; }

 private:
  friend Field identifier(std::string_view name, std::string_view value);

  std::string_view name_;
  Kind kind_;
  std::string_view text_ = {};
  std::int64_t integer_ = 0;
  std::uint64_t natural_ = 0;
  double real_ = 0;
};

/// A phone number or JID: printed as a keyed hash unless `log-identifiers=on`.
inline Field identifier(std::string_view name, std::string_view value) {
  Field field(name, value);
  field.kind_ = Field::Kind::identifier;
  return field;
}

/// Structured lines, to standard error unless told otherwise. Any thread may call it; a call never waits longer than a
/// few milliseconds: when the reader of a pipe is stuck, lines are dropped and counted.
///
/// The usual names: `session` (the caller's own name for the line, not an identifier), `trace`, `token`, `code`,
/// `topic`, `error`. `message` is a constant sentence without values, so that lines can be grouped by it; warnings and
/// errors of the same sentence beyond 20 in 10 s are counted instead of written (field `suppressed` of the next one).
class Log {
 public:
  /// Gets each finished line, without the line feed. Called under a lock: must not log itself.
  using Sink = std::function<void(std::string_view line)>;

  struct Options {
    Level level = Level::info;
    bool json = true;
    bool identifiers = false;  ///< Print phone numbers and JIDs as they are.
    int fd = 2;                ///< Where lines go without a `sink`.
    Sink sink = {};
    /// Key of the identifiers' hash: equal keys give equal hashes, so that a fleet's logs can be joined. Absent:
    /// random.
    SecretBytes identifier_key = {};
  };

  Log();  ///< Default options.
  explicit Log(Options options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// True if a line of this level would be written: ask before computing something costly.
  bool enabled(Level level) const noexcept;
  void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

  void trace(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::trace, message, fields);
  }
  void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::debug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::info, message, fields); }
  void warn(std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::warn, message, fields); }
  void error(std::string_view message, std::initializer_list<Field> fields = {}) {
    write(Level::error, message, fields);
  }

  /// Lines lost because nobody read them in time.
  std::uint64_t dropped() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `trace`, `debug`, `info`, `warn`, `error`; anything else is `info`.
Level level_from(std::string_view name) noexcept;
std::string_view to_string(Level level) noexcept;

}  // namespace linekeeper::telemetry
