#pragma once

#include <boost/asio/ip/address.hpp>

#include "socket_impl.hpp"

namespace linekeeper::net {

/// Both shake hands over a connected plain stream and leave it as a TLS one. `detail`, if given, gets the reason.
/// Errors: `tls_failed`, `connection_lost`, `timed_out`, `cancelled`, `invalid_argument` (insecure off loopback).
awaitable<Result<void>> start_tls_client(std::shared_ptr<Socket::Impl> stream, TlsContext tls, std::string host,
                                         Deadline deadline, std::string* detail);
awaitable<Result<void>> start_tls_server(std::shared_ptr<Socket::Impl> stream, TlsContext tls, Deadline deadline);

}  // namespace linekeeper::net
