#pragma once

#include <functional>

#include "linekeeper/http/server.hpp"

namespace linekeeper::http {

/// What a connection tells its server: whether it may be closed without cutting off an answer.
struct ConnectionEvents {
  std::function<void(bool)> on_busy;  ///< A request is under way, or no longer.
  std::function<bool()> is_stopping;  ///< True: the present answer is the last.
};

/// One connection from its first byte to its last. `settings` and `handler` outlive it.
awaitable<void> serve_connection(net::Socket socket, const ServerSettings* settings, const Handler* handler,
                                 ConnectionEvents events);

}  // namespace linekeeper::http
