#include "connection.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "linekeeper/base/errc.hpp"
#include "parser.hpp"
#include "wire.hpp"

namespace linekeeper::http {
namespace {

using net::Deadline;
using net::Socket;

/// The stream and what was read beyond the present message.
struct Wire {
  Socket socket;
  Bytes buffer;
};

awaitable<Result<void>> read_more(Wire& wire, Deadline deadline) {
  std::array<std::uint8_t, 4096> chunk;
  const auto got = co_await wire.socket.read_some(chunk, deadline);
  if (!got) co_return got.error();
  append(wire.buffer, ByteView(chunk).first(*got));
  co_return ok();
}

Result<void> put_buffer(Wire& wire, RequestParser& parser) {
  LK_TRY(const std::size_t used, parser.put(wire.buffer));
  wire.buffer.erase(wire.buffer.begin(), wire.buffer.begin() + static_cast<std::ptrdiff_t>(used));
  if (wire.buffer.empty()) wire.buffer = Bytes();
  return ok();
}

/// Errors: `cancelled` for an end between two requests, `timed_out`, `too_large`, `malformed_frame`, `connection_lost`.
awaitable<Result<void>> read_head(Wire& wire, RequestParser& parser, const ServerSettings& settings) {
  if (wire.buffer.empty()) {
    const auto started = co_await read_more(wire, Deadline::after(settings.idle_timeout));
    if (!started) co_return Errc::cancelled;
  }
  const Deadline deadline = Deadline::after(settings.head_timeout);
  for (;;) {
    const auto put = put_buffer(wire, parser);
    if (!put) co_return put.error();
    if (parser.head_done()) co_return ok();
    if (wire.buffer.size() > settings.max_head) co_return Errc::too_large;
    const auto more = co_await read_more(wire, deadline);
    if (!more) co_return more.error();
  }
}

awaitable<Result<void>> read_body(Wire& wire, RequestParser& parser, const ServerSettings& settings) {
  const Deadline deadline = Deadline::after(settings.body_timeout);
  if (!parser.done() && parser.expects_continue()) {
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto invited = co_await wire.socket.write(as_bytes(kContinue), deadline);
    if (!invited) co_return invited.error();
  }
  while (!parser.done()) {
    // One put may use a part only: a chunk's head, then its data.
    const std::size_t before = wire.buffer.size();
    const auto put = put_buffer(wire, parser);
    if (!put) co_return put.error();
    if (parser.done()) break;
    if (!wire.buffer.empty() && wire.buffer.size() < before) continue;
    if (wire.buffer.size() > settings.max_head) co_return Errc::malformed_frame;
    const auto more = co_await read_more(wire, deadline);
    if (!more) co_return more.error();
  }
  co_return ok();
}

/// The answer to a request that could not be read, or 0 where there is nobody to answer.
unsigned status_of(const error_code& why, unsigned too_large) {
  if (why == Errc::too_large) return too_large;
  if (why == Errc::malformed_frame) return 400;
  if (why == Errc::timed_out) return 408;
  return 0;
}

awaitable<bool> send(Wire& wire, const ServerSettings& settings, Response response, bool keep_alive, bool to_head) {
  if (!std::ranges::all_of(response.headers, net::is_valid_header)) response = Response::text(500, "invalid header\n");
  const std::string text = serialize(response, keep_alive, to_head);
  const auto written = co_await wire.socket.write(as_bytes(text), Deadline::after(settings.write_timeout));
  co_return written.has_value();
}

class ChunkWriter final : public BodyWriter {
 public:
  ChunkWriter(Wire& wire, const ServerSettings& settings) : wire_(wire), settings_(settings) {}
  awaitable<bool> write(std::string part) override {
    if (part.empty()) co_return true;
    const std::string chunk = chunk_of(part);
    const auto written = co_await wire_.socket.write(as_bytes(chunk), Deadline::after(settings_.write_timeout));
    if (!written) wire_.socket.close_now();
    co_return written.has_value();
  }

 private:
  Wire& wire_;
  const ServerSettings& settings_;
};

awaitable<void> send_stream(Wire& wire, const ServerSettings& settings, Response response, bool to_head) {
  if (!std::ranges::all_of(response.headers, net::is_valid_header)) co_return;
  const std::string head = serialize_head(response);
  const auto begun = co_await wire.socket.write(as_bytes(head), Deadline::after(settings.write_timeout));
  if (!begun || to_head) co_return;
  ChunkWriter writer(wire, settings);
  try {
    co_await response.stream(writer);
  } catch (const std::exception&) {
    wire.socket.close_now();  // Cut off, not ended: the reader can tell.
    co_return;
  }
  (void)co_await wire.socket.write(as_bytes(kLastChunk), Deadline::after(settings.write_timeout));
}

/// Says the last word, then lets the peer read it: closing with bytes unread would reset the connection under it.
awaitable<void> refuse(Wire& wire, const ServerSettings& settings, unsigned status) {
  if (status == 0) co_return;
  Response response = Response::text(status, {});
  const bool sent = co_await send(wire, settings, std::move(response), false, false);
  if (!sent) co_return;
  wire.socket.shutdown_write();
  const Deadline deadline = Deadline::after(std::chrono::seconds(1));
  while (!deadline.passed()) {
    std::array<std::uint8_t, 4096> ignored;
    const auto got = co_await wire.socket.read_some(ignored, deadline);
    if (!got) break;
  }
}

awaitable<Response> answer(const Handler& handler, Request request) {
  try {
    auto response = co_await handler(std::move(request));
    co_return response;
  } catch (const std::exception&) {
    co_return Response::text(500, "internal error\n");
  }
}

awaitable<void> hand_over(Wire wire, const ServerSettings& settings, Request request) {
  try {
    co_await settings.on_upgrade(std::move(wire.socket), std::move(wire.buffer), std::move(request));
  } catch (const std::exception&) {
    co_return;  // its socket closed with it
  }
}

bool is_websocket_upgrade(const Request& request) {
  return request.method == "GET" && net::has_token(request.headers, "Connection", "upgrade") &&
         net::has_token(request.headers, "Upgrade", "websocket");
}

/// Serves one request; false when the connection is to end.
awaitable<bool> serve_request(Wire& wire, const ServerSettings& settings, const Handler& handler,
                              const ConnectionEvents& events) {
  RequestParser parser(settings.max_head);
  const auto head = co_await read_head(wire, parser, settings);
  if (!head) {
    co_await refuse(wire, settings, status_of(head.error(), 431));
    co_return false;
  }
  Request request = parser.take();
  request.remote = wire.socket.remote();
  request.certificate = wire.socket.peer_name();
  if (!split_target(request)) {
    co_await refuse(wire, settings, 400);
    co_return false;
  }
  if (settings.on_upgrade && is_websocket_upgrade(request)) {
    co_await hand_over(std::move(wire), settings, std::move(request));
    co_return false;
  }
  const std::size_t limit = settings.body_limit ? settings.body_limit(request.method, request.path) : settings.max_body;
  if (!parser.limit_body(limit)) {
    co_await refuse(wire, settings, 413);
    co_return false;
  }
  const auto body = co_await read_body(wire, parser, settings);
  if (!body) {
    co_await refuse(wire, settings, status_of(body.error(), 413));
    co_return false;
  }
  request.body = parser.take().body;

  events.on_busy(true);
  const bool to_head = request.method == "HEAD";
  Response response = co_await answer(handler, std::move(request));
  if (response.stream) {
    events.on_busy(false);  // It has no end of its own that stopping could wait for.
    if (!events.is_stopping()) co_await send_stream(wire, settings, std::move(response), to_head);
    wire.socket.shutdown_write();
    co_return false;
  }
  const bool keep_alive = parser.keep_alive() && !events.is_stopping();
  const bool sent = co_await send(wire, settings, std::move(response), keep_alive, to_head);
  events.on_busy(false);
  if (sent && !keep_alive) wire.socket.shutdown_write();
  co_return sent&& keep_alive;
}

}  // namespace

awaitable<void> serve_connection(Socket socket, const ServerSettings* settings, const Handler* handler,
                                 ConnectionEvents events) {
  Wire wire{std::move(socket), {}};
  if (settings->tls) {
    const Deadline deadline = Deadline::after(settings->head_timeout);
    Result<net::Socket> secured = Errc::tls_failed;
    if (settings->tls_only)
      secured = co_await net::accept_tls(std::move(wire.socket), *settings->tls, deadline);
    else
      secured = co_await net::accept_plain_or_tls(std::move(wire.socket), *settings->tls, deadline);
    if (!secured) co_return;
    wire.socket = std::move(*secured);
  }
  bool goes_on = true;
  while (goes_on && !events.is_stopping())
    goes_on = co_await serve_request(wire, *settings, *handler, events);
}

}  // namespace linekeeper::http
