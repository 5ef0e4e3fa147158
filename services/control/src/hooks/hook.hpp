#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "linekeeper/base/secret.hpp"
#include "linekeeper/net/headers.hpp"
#include "linekeeper/net/url.hpp"

namespace linekeeper::control {

/// Somebody who wants to be told of events: where, which ones, and what proves that we are it.
struct Hook {
  std::string id;  ///< A label in metrics and part of a consumer group's name.
  net::Url url;
  std::vector<Secret<std::string>> secrets;  ///< Each signs: so that one can be replaced by another.
  bool connection = false;
  bool inbound = false;
  bool outbound = false;
  std::string session_prefix;
  net::Headers headers;   ///< Sent along. May hold a credential: never logged.
  bool pairing = false;   ///< QRs and codes too, which are secrets.
  bool repeated = false;  ///< The statuses that workers repeat for readers that were away.
  std::size_t concurrency = 8;
  std::optional<std::chrono::system_clock::time_point> since;  ///< Nothing that was published before.
  std::string ca;  ///< PEM file of the authorities to trust; empty: the system's store.

  /// scheme://host:port: as much of the URL as may be shown. Paths of webhooks often hold a token.
  std::string origin() const;
};

struct HookRefusal {
  std::string text;  ///< Which endpoint and field, never a secret.
};

/// From the text of a webhooks file. `folder` is where relative paths in it begin.
/// Reads the files of secrets that it names.
std::variant<std::vector<Hook>, HookRefusal> parse_hooks(std::string_view text, const std::string& folder);

/// The same from the file, which must not be readable by everybody.
std::variant<std::vector<Hook>, HookRefusal> load_hooks(const std::string& path);

}  // namespace linekeeper::control
