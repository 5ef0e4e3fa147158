#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "linekeeper/base/result.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "linekeeper/net/deadline.hpp"

namespace linekeeper::net {

/// The addresses of a host, in the system's order; an address is its own answer without asking anybody.
/// A question that outlives its deadline is abandoned: the system cannot be told to stop, its answer is thrown away.
/// Questions of one io_context are asked one after the other on one thread of Asio's own.
/// Errors: `not_found`, `timed_out`.
awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                                Deadline deadline);

}  // namespace linekeeper::net
