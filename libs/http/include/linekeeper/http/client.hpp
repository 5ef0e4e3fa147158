#pragma once

#include <cstddef>

#include "linekeeper/base/result.hpp"
#include "linekeeper/http/message.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/net/deadline.hpp"
#include "linekeeper/net/tls_context.hpp"
#include "linekeeper/net/url.hpp"

namespace linekeeper::http {

/// One request over a connection of its own: for tests and tools, not for speed. `request.target` is replaced by the
/// URL's. No redirects. Errors: those of `net::connect_tls`, `connection_lost`, `timed_out`, `malformed_frame` (no
/// HTTP), `too_large` (the answer's body is beyond `max_body`).
awaitable<Result<Response>> fetch(net::Url url, net::TlsContext tls, Request request, net::Deadline deadline,
                                  std::size_t max_body = 64 * 1024 * 1024);

awaitable<Result<Response>> get(net::Url url, net::TlsContext tls, net::Deadline deadline);
awaitable<Result<Response>> post(net::Url url, net::TlsContext tls, std::string content_type, std::string body,
                                 net::Deadline deadline);

}  // namespace linekeeper::http
