#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linekeeper::control {

/// The segments of a request target's path, each percent-decoded by itself, so that a session id may hold a slash.
/// Nothing on a broken escape or a target that is no path. "/v1/sessions/a%2Fb?x" is {"v1", "sessions", "a/b"}.
std::optional<std::vector<std::string>> segments_of(std::string_view target);

/// For a place in a path.
std::string escaped(std::string_view segment);

}  // namespace linekeeper::control
