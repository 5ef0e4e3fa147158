#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace linekeeper::telemetry {

/// A W3C trace context as it travels in the header `traceparent`, from a command to the events it causes.
struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  std::uint8_t flags = 0;

  /// Accepts version 00 exactly and later versions by their first four fields; nothing for anything else, or an id of
  /// zeros.
  static std::optional<TraceContext> parse(std::string_view traceparent) noexcept;
  /// A new trace, not sampled.
  static TraceContext make();
  /// Same trace, new span: for what this program does because of it.
  TraceContext child() const;

  /// `00-<32 hex>-<16 hex>-<2 hex>`
  std::string str() const;
  /// The trace id in hex, for log lines.
  std::string trace() const;

  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

}  // namespace linekeeper::telemetry
