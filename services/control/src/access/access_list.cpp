#include "access/access_list.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::control {
namespace {

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto begin = text.find_first_not_of(separators);
    if (begin == std::string_view::npos) break;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(separators), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return parts;
}

}  // namespace

std::variant<AccessList, AccessList::Refusal> AccessList::parse(std::string_view text) {
  AccessList list;
  std::size_t number = 0;
  const auto refuse = [&](std::string_view why) {
    return Refusal{"line " + std::to_string(number) + ": " + std::string(why)};
  };
  while (!text.empty()) {
    ++number;
    const auto end = std::min(text.find('\n'), text.size());
    const auto words = split(text.substr(0, end), " \t\r");
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty() || words.front().front() == '#') continue;
    if (words.size() < 3 || words.size() > 4) return refuse("name, credential, roles and maybe prefixes are needed");
    Caller caller;
    caller.name = words[0];
    for (const std::string_view role : split(words[2], ",")) {
      const auto roles = roles_of(role);
      if (!roles) return refuse("roles are read, operate, send and admin");
      caller.roles |= *roles;
    }
    if (words.size() == 4)
      for (const std::string_view prefix : split(words[3], ","))
        caller.prefixes.emplace_back(prefix);
    constexpr std::string_view kToken = "sha256:";
    constexpr std::string_view kCertificate = "cert:";
    if (words[1].starts_with(kToken)) {
      const auto bytes = from_hex(words[1].substr(kToken.size()));
      const auto digest = bytes ? exactly<32>(*bytes) : std::nullopt;
      if (!digest) return refuse("sha256: wants 64 hex digits");
      list.tokens_.push_back({*digest, std::move(caller)});
    } else if (words[1].starts_with(kCertificate) && words[1].size() > kCertificate.size()) {
      list.certificates_.push_back({std::string(words[1].substr(kCertificate.size())), std::move(caller)});
    } else {
      return refuse("a credential begins with sha256: or cert:");
    }
  }
  if (list.tokens_.empty() && list.certificates_.empty()) return Refusal{"it names nobody"};
  return list;
}

std::variant<AccessList, AccessList::Refusal> AccessList::load(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return Refusal{path + " cannot be read"};
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) return Refusal{path + " is writable by others: chmod go-w it"};
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file.is_open() || file.bad()) return Refusal{path + " cannot be read"};
  auto list = parse(text);
  if (auto* refusal = std::get_if<Refusal>(&list)) refusal->text = path + ", " + refusal->text;
  return list;
}

std::optional<Caller> AccessList::by_token(std::string_view token) const {
  const auto digest = crypto::sha256(as_bytes(token));
  const Token* found = nullptr;
  for (const Token& one : tokens_)
    if (equal_constant_time(one.digest, digest)) found = &one;
  return found == nullptr ? std::nullopt : std::optional(found->caller);
}

std::optional<Caller> AccessList::by_certificate(std::string_view common_name) const {
  const auto found = std::ranges::find(certificates_, common_name, &Certificate::common_name);
  return found == certificates_.end() ? std::nullopt : std::optional(found->caller);
}

}  // namespace linekeeper::control
