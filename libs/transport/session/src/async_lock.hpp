#pragma once

#include "linekeeper/net/async_lock.hpp"

namespace linekeeper::transport {
using net::AsyncLock;
}  // namespace linekeeper::transport
