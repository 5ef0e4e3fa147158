#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/node/jid.hpp"

namespace linekeeper::worker {

/// Whom a send command is for: international digits (blanks, hyphens, brackets and + dropped) or a JID. A leading 0 is
/// replaced where a default country is set. Nothing if it is neither.
std::optional<transport::Jid> recipient_of(std::string_view to, std::string_view default_country);

}  // namespace linekeeper::worker
