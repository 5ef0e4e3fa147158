#pragma once

#include <string>
#include <string_view>

namespace linekeeper::lkctl {

/// A script for `bash` or `zsh` that completes verbs, options and, by asking the control room, session ids.
/// Empty for any other shell.
std::string completion(std::string_view shell);

}  // namespace linekeeper::lkctl
