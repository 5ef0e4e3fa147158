#include "hooks/hook.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "hooks/instant.hpp"

namespace linekeeper::control {
namespace {

using json = nlohmann::json;

constexpr std::size_t kMostHooks = 32;
constexpr std::size_t kLeastSecret = 16;
constexpr std::size_t kMostConcurrency = 64;

constexpr std::array<std::string_view, 12> kFields = {"id",       "url",           "secret",  "secretFile",
                                                      "events",   "sessionPrefix", "headers", "pairing",
                                                      "repeated", "concurrency",   "since",   "ca"};
/// What we say ourselves: an endpoint's own headers may not contradict it.
constexpr std::array<std::string_view, 6> kOurHeaders = {
    "Host", "Connection", "Content-Length", "Transfer-Encoding", "Content-Type", "Linekeeper-"};

std::string read_private(const std::string& path, std::string& text) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return path + " cannot be read";
  if ((info.st_mode & S_IROTH) != 0) return path + " may be read by everybody: chmod o-rwx it";
  std::ifstream file(path, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) return path + " cannot be read";
  return {};
}

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

/// Reads one endpoint; every getter answers what is wrong, or nothing.
class Reader {
 public:
  Reader(const json& from, const std::string& folder) : from_(from), folder_(folder) {}

  std::string read(Hook& hook) {
    if (!from_.is_object()) return "is no object";
    for (const auto& [name, value] : from_.items())
      if (std::ranges::find(kFields, name) == kFields.end()) return "has a field `" + name + "` that is not known";
    std::string url;
    for (const std::string& wrong :
         {text("id", hook.id), text("url", url), text("sessionPrefix", hook.session_prefix), text("ca", hook.ca),
          truth("pairing", hook.pairing), truth("repeated", hook.repeated)})
      if (!wrong.empty()) return wrong;
    if (!is_id(hook.id)) return "needs an `id` of up to 64 lower case letters, digits, dots and hyphens";
    for (const std::string& wrong : {read_url(url, hook), read_secrets(hook), read_events(hook), read_headers(hook),
                                     read_concurrency(hook), read_since(hook)})
      if (!wrong.empty()) return wrong;
    if (!hook.ca.empty()) hook.ca = in_folder(hook.ca);
    if (hook.pairing && !hook.url.tls() && !is_loopback_host(hook.url.host))
      return "wants `pairing`, which are secrets, over plain http: use https";
    return {};
  }

 private:
  std::string text(const char* name, std::string& out) const {
    if (!from_.contains(name)) return {};
    if (!from_[name].is_string()) return std::string("`") + name + "` is no text";
    out = from_[name].get<std::string>();
    return {};
  }
  std::string truth(const char* name, bool& out) const {
    if (!from_.contains(name)) return {};
    if (!from_[name].is_boolean()) return std::string("`") + name + "` is neither true nor false";
    out = from_[name].get<bool>();
    return {};
  }
  std::string in_folder(const std::string& path) const {
    return (std::filesystem::path(folder_) / path).string();  // An absolute path stays what it is.
  }

  static std::string read_url(const std::string& text, Hook& hook) {
    auto url = net::Url::parse(text);
    if (!url || (url->scheme != "http" && url->scheme != "https")) return "needs a `url` of http or https";
    if (!url->user.empty() || !url->password.reveal().empty())
      return "has a user or password in its `url`: put an Authorization into `headers`";
    hook.url = std::move(*url);
    return {};
  }

  std::string read_secrets(Hook& hook) const {
    std::string inside;
    std::string path;
    if (auto wrong = text("secret", inside); !wrong.empty()) return wrong;
    if (auto wrong = text("secretFile", path); !wrong.empty()) return wrong;
    if (inside.empty() == path.empty()) return "needs either `secret` or `secretFile`";
    if (!path.empty()) {
      if (auto wrong = read_private(in_folder(path), inside); !wrong.empty()) return wrong;
    }
    std::string_view rest = inside;
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const std::string_view secret = net::trimmed(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
      if (secret.empty()) continue;
      if (secret.size() < kLeastSecret)
        return "has a secret of less than 16 characters: `openssl rand -hex 32` makes one";
      hook.secrets.emplace_back(std::string(secret));
    }
    return hook.secrets.empty() ? "has no secret in its `secretFile`" : "";
  }

  std::string read_events(Hook& hook) const {
    const json events = from_.value("events", json::array({"connection", "message"}));
    if (!events.is_array() || events.empty()) return "has `events` that are no list";
    for (const json& event : events) {
      const std::string name = event.is_string() ? event.get<std::string>() : "";
      if (name == "connection") {
        hook.connection = true;
      } else if (name == "message") {
        hook.inbound = hook.outbound = true;
      } else if (name == "message.inbound") {
        hook.inbound = true;
      } else if (name == "message.outbound") {
        hook.outbound = true;
      } else {
        return "names an event that is none of connection, message, message.inbound, message.outbound";
      }
    }
    return {};
  }

  std::string read_headers(Hook& hook) const {
    const json headers = from_.value("headers", json::object());
    if (!headers.is_object()) return "has `headers` that are no object";
    for (const auto& [name, value] : headers.items()) {
      net::Header header{name, value.is_string() ? value.get<std::string>() : ""};
      if (!value.is_string() || !net::is_valid_header(header)) return "has a header `" + name + "` that is none";
      for (const std::string_view ours : kOurHeaders) {
        const std::string_view front =
            std::string_view(name).substr(0, ours.ends_with('-') ? ours.size() : name.size());
        if (net::equal_ignoring_case(front, ours)) return "sets the header `" + name + "`, which is ours to set";
      }
      hook.headers.push_back(std::move(header));
    }
    return {};
  }

  std::string read_concurrency(Hook& hook) const {
    if (!from_.contains("concurrency")) return {};
    const json& value = from_["concurrency"];
    if (!value.is_number_unsigned() || value.get<std::size_t>() < 1 || value.get<std::size_t>() > kMostConcurrency)
      return "needs a `concurrency` from 1 to 64";
    hook.concurrency = value.get<std::size_t>();
    return {};
  }

  std::string read_since(Hook& hook) const {
    std::string since;
    if (auto wrong = text("since", since); !wrong.empty()) return wrong;
    if (since.empty()) return {};
    hook.since = instant_of(since);
    return hook.since ? "" : "needs `since` as 2026-01-31T12:00:00Z";
  }

  const json& from_;
  const std::string& folder_;
};

}  // namespace

std::string Hook::origin() const {
  return url.scheme + "://" + url.authority();
}

std::variant<std::vector<Hook>, HookRefusal> parse_hooks(std::string_view text, const std::string& folder) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("endpoints") || !document["endpoints"].is_array())
    return HookRefusal{"is not JSON of the form {\"endpoints\": [...]}"};
  if (document["endpoints"].size() > kMostHooks) return HookRefusal{"names more than 32 endpoints"};
  std::vector<Hook> hooks;
  std::set<std::string> ids;
  for (const json& one : document["endpoints"]) {
    Hook hook;
    const std::string wrong = Reader(one, folder).read(hook);
    const std::string name = is_id(hook.id) ? hook.id : std::to_string(hooks.size() + 1);
    if (!wrong.empty()) return HookRefusal{"endpoint " + name + " " + wrong};
    if (!ids.insert(hook.id).second) return HookRefusal{"names the endpoint " + name + " twice"};
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

std::variant<std::vector<Hook>, HookRefusal> load_hooks(const std::string& path) {
  std::string text;
  if (auto wrong = read_private(path, text); !wrong.empty()) return HookRefusal{std::move(wrong)};
  auto parsed = parse_hooks(text, std::filesystem::path(path).parent_path().string());
  if (auto* refused = std::get_if<HookRefusal>(&parsed)) return HookRefusal{path + " " + refused->text};
  return parsed;
}

}  // namespace linekeeper::control
