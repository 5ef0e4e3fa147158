#include "line.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace linekeeper::telemetry {
namespace {

constexpr std::size_t kLongestText = 1000;
constexpr std::size_t kLongestLine = 3800;

std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  const auto length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::array<char, 8> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%03dZ", static_cast<int>(ms % 1000));
  return std::string(text.data(), length) + fraction.data();
}

/// Length of the well-formed UTF-8 sequence at the beginning of `text`; 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = at(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xc2 && first < 0xe0 ? 2
                             : (first & 0xf0) == 0xe0        ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  if (first == 0xe0 && at(1) < 0xa0) return 0;   // overlong
  if (first == 0xed && at(1) >= 0xa0) return 0;  // surrogates
  if (first == 0xf0 && at(1) < 0x90) return 0;   // overlong
  if (first == 0xf4 && at(1) >= 0x90) return 0;  // beyond Unicode
  return length;
}

void append_json_text(std::string& out, std::string_view text) {
  const bool cut = text.size() > kLongestText;
  if (cut) text = text.substr(0, kLongestText);
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const unsigned char first = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out += "\\ufffd";
    } else if (first == '"' || first == '\\') {
      out += '\\';
      out += text[0];
    } else if (first < 0x20 || first == 0x7f) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", first);
      out += escaped.data();
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out += cut ? "…\"" : "\"";
}

std::string hashed(std::string_view value, const SecretBytes& key) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.reveal().size()), as_bytes(value).data(), value.size(),
       digest.data(), &length);
  return "#" + to_hex(ByteView(digest).first(8));
}

void append_value(std::string& out, const Field& field, const Identifiers& identifiers) {
  std::array<char, 32> number{};
  const auto print = [&](auto value) {
    const auto end = std::to_chars(number.data(), number.data() + number.size(), value).ptr;
    out.append(number.data(), end);
  };
  switch (field.kind()) {
    case Field::Kind::text: append_json_text(out, field.text()); break;
    case Field::Kind::identifier:
      append_json_text(
          out, identifiers.plain || field.text().empty() ? field.text() : hashed(field.text(), identifiers.key));
      break;
    case Field::Kind::integer: print(field.integer()); break;
    case Field::Kind::natural: print(field.natural()); break;
    case Field::Kind::real:
      if (std::isfinite(field.real())) {
        print(field.real());
      } else {
        out += "null";
      }
      break;
    case Field::Kind::truth: out += field.natural() != 0 ? "true" : "false"; break;
  }
}

}  // namespace

std::string json_line(const LineParts& parts, const Identifiers& identifiers) {
  std::string out = "{\"ts\":\"" + timestamp(parts.time) + "\",\"level\":\"";
  out += to_string(parts.level);
  out += "\",\"msg\":";
  append_json_text(out, parts.message);
  for (const Field& field : parts.fields) {
    const std::size_t before = out.size();
    out += ',';
    append_json_text(out, field.name());
    out += ':';
    append_value(out, field, identifiers);
    if (out.size() > kLongestLine) {
      out.resize(before);
      out += ",\"cut\":true";
      break;
    }
  }
  if (parts.suppressed > 0) out += ",\"suppressed\":" + std::to_string(parts.suppressed);
  out += '}';
  return out;
}

std::string text_line(const LineParts& parts, const Identifiers& identifiers) {
  std::string out = timestamp(parts.time) + ' ';
  const std::string_view level = to_string(parts.level);
  out += level;
  out.append(6 - level.size(), ' ');
  out += parts.message;
  for (const Field& field : parts.fields) {
    const std::size_t before = out.size();
    out += ' ';
    out += field.name();
    out += '=';
    append_value(out, field, identifiers);
    if (out.size() > kLongestLine) {
      out.resize(before);
      out += " …";
      break;
    }
  }
  if (parts.suppressed > 0) out += " suppressed=" + std::to_string(parts.suppressed);
  return out;
}

}  // namespace linekeeper::telemetry
