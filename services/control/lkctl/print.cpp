#include "print.hpp"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace linekeeper::lkctl {
namespace {

/// Characters, not bytes, as far as UTF-8 tells.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string harmless(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += harmless(row[i]);
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::vector<std::string> session_header() {
  return {"SESSION", "STATUS", "SINCE", "NUMBER", "WORKER", "REASON"};
}

std::vector<std::string> session_row(const v1::Session& session) {
  std::string reason = session.has_reason() ? v1::ErrorCode_Name(session.reason().code()) : "";
  if (session.has_next_retry_at()) reason += " next " + time_text(session.next_retry_at());
  return {session.session_id(),   short_name(session.status()), time_text(session.since()),
          session.phone_number(), session.owner_worker(),       reason};
}

std::string short_name(v1::LineStatus status) {
  constexpr std::string_view kPrefix = "LINE_STATUS_";
  const std::string name = v1::LineStatus_Name(status);
  return name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : name;
}

std::string time_text(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return {};
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%SZ", &parts);
  return {text.data(), size};
}

std::string json_text(const google::protobuf::Message& message) {
  std::string text;
  (void)google::protobuf::util::MessageToJsonString(message, &text);
  return text;
}

int complain(const CallError& error) {
  std::string line = error.code + ": " + error.message;
  if (!error.detail.empty()) line += " (" + error.detail + ")";
  if (error.code == "OUTCOME_PENDING" && !error.command_id.empty())
    line += "\nlater: lkctl command SESSION '" + error.command_id + "'";
  std::fprintf(stderr, "lkctl: %s\n", line.c_str());
  return error.code == "OUTCOME_PENDING" ? 3 : 1;
}

}  // namespace linekeeper::lkctl
