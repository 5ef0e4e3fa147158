#include "linekeeper/telemetry/trace_context.hpp"

#include <openssl/rand.h>

#include <algorithm>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::telemetry {
namespace {

bool lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

template <std::size_t N>
bool read(std::array<std::uint8_t, N>& to, std::string_view hex) {
  if (!lower_hex(hex)) return false;
  const auto bytes = from_hex(hex);
  if (!bytes) return false;
  const auto array = exactly<N>(*bytes);
  if (!array || std::all_of(array->begin(), array->end(), [](auto b) { return b == 0; })) return false;
  to = *array;
  return true;
}

}  // namespace

std::optional<TraceContext> TraceContext::parse(std::string_view text) noexcept {
  constexpr std::size_t kLength = 55;
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  if (!lower_hex(version) || version == "ff") return std::nullopt;
  if (version == "00" ? text.size() != kLength : text.size() > kLength && text[kLength] != '-') return std::nullopt;
  TraceContext context;
  const std::string_view flags = text.substr(53, 2);
  if (!read(context.trace_id, text.substr(3, 32)) || !read(context.span_id, text.substr(36, 16)) || !lower_hex(flags)) {
    return std::nullopt;
  }
  context.flags = from_hex(flags)->front();
  return context;
}

TraceContext TraceContext::make() {
  TraceContext context;
  RAND_bytes(context.trace_id.data(), static_cast<int>(context.trace_id.size()));
  RAND_bytes(context.span_id.data(), static_cast<int>(context.span_id.size()));
  return context;
}

TraceContext TraceContext::child() const {
  TraceContext context = *this;
  RAND_bytes(context.span_id.data(), static_cast<int>(context.span_id.size()));
  return context;
}

std::string TraceContext::str() const {
  return "00-" + trace() + '-' + to_hex(span_id) + '-' + to_hex(ByteView(&flags, 1));
}

std::string TraceContext::trace() const {
  return to_hex(trace_id);
}

}  // namespace linekeeper::telemetry
