#pragma once

#include <string_view>

namespace linekeeper::control {

/// web/openapi.json, as it is served.
extern const std::string_view kOpenApi;

}  // namespace linekeeper::control
