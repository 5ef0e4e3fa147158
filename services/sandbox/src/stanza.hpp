#pragma once

#include <string_view>

#include "linekeeper/node/node.hpp"

namespace linekeeper::sandbox {

using transport::Node;

/// `<iq type=result>` for this request: same id, from where it went to, no child yet.
Node iq_result(const Node& request);

/// `<iq type=error><error code text/></iq>`; the text is the one clients know by name.
Node iq_error(const Node& request, unsigned code);

/// "item-not-found" for 404 and so on; "internal-server-error" for what has no name.
std::string_view error_text(unsigned code) noexcept;

/// `<error code text/>`.
Node error_node(unsigned code);

}  // namespace linekeeper::sandbox
