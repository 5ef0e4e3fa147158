#pragma once

#include "linekeeper/net/one_shot.hpp"

namespace linekeeper::transport {
using net::OneShot;
}  // namespace linekeeper::transport
