#pragma once

#include <optional>

#include "linekeeper/node/node.hpp"
#include "linekeeper/session/line_end.hpp"

namespace linekeeper::transport {

/// What `<failure>` in place of `<success>` means.
LineEnd end_of_failure(const Node& failure);

/// What a `<stream:error>` means; nothing if it does not end the stream by itself (an ack the server misses, forms
/// nobody knows): then we stay until the server closes.
std::optional<LineEnd> end_of_stream_error(const Node& error);

/// The id a `<stream:error><ack id/></stream:error>` asks for.
std::optional<std::string> ack_asked_for(const Node& error);

/// The connection could not be made. `http_status` is 0 unless the upgrade was answered.
LineEnd end_of_connect(error_code why, int http_status);

/// The handshake failed.
LineEnd end_of_handshake(error_code why);

/// Reading or writing failed on a connection that was up.
LineEnd end_of_stream(error_code why);

/// A pairing request was answered with an error. `valid_number`: the number in it is well-formed as far as we know.
LineEnd end_of_pairing_iq(int code, bool valid_number);

LineEnd make_end(EndReason reason, std::string detail = {}, int code = 0);

}  // namespace linekeeper::transport
