#pragma once

#include "linekeeper/net/aside.hpp"

namespace linekeeper::transport {
using net::aside;
}  // namespace linekeeper::transport
