#pragma once

#include "linekeeper/net/task_group.hpp"

namespace linekeeper::transport {
using net::TaskGroup;
}  // namespace linekeeper::transport
