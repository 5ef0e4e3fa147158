#include <array>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/net/websocket.hpp"
#include "upgrade_head.hpp"

namespace linekeeper::net {
namespace {

constexpr std::size_t kMaxHead = 16 * 1024;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

void tell(ConnectReport* report, int status, std::string detail) {
  if (report == nullptr) return;
  report->http_status = status;
  report->detail = std::move(detail);
}

/// The response's head with its empty line; what follows goes to `leftover`.
awaitable<Result<std::string>> read_head(Socket& socket, Bytes& leftover, Deadline deadline) {
  std::string text;
  for (;;) {
    std::array<std::uint8_t, 2048> chunk;
    const auto got = co_await socket.read_some(chunk, deadline);
    if (!got) co_return got.error();
    const std::size_t searched = text.size() < 3 ? 0 : text.size() - 3;
    text.append(as_text(ByteView(chunk).first(*got)));
    const std::size_t end = text.find(kHeadEnd, searched);
    if (end != std::string::npos) {
      leftover = to_bytes(std::string_view(text).substr(end + kHeadEnd.size()));
      text.resize(end + kHeadEnd.size());
      co_return text;
    }
    if (text.size() > kMaxHead) co_return Errc::too_large;
  }
}

awaitable<Result<WebSocket>> upgrade(Socket socket, Url url, Headers extra, Deadline deadline, ConnectReport* report) {
  const std::string key = make_websocket_key();
  const auto request = upgrade_request(url, key, extra);
  if (!request) co_return Errc::invalid_argument;
  const auto sent = co_await socket.write(as_bytes(*request), deadline);
  if (!sent) co_return sent.error();
  Bytes leftover;
  const auto text = co_await read_head(socket, leftover, deadline);
  if (!text) co_return text.error();
  const auto head = parse_upgrade_head(*text);
  if (!head) {
    tell(report, 0, "the server does not speak HTTP");
    co_return head.error();
  }
  if (!is_valid_upgrade(*head, key)) {
    tell(report, head->status, "the server refused the upgrade with status " + std::to_string(head->status));
    co_return Errc::connect_refused;
  }
  co_return WebSocket::over_client(std::move(socket), std::move(leftover));
}

/// The refusal that fits, or nothing if this is a WebSocket upgrade.
std::string_view refusal_of(const Headers& request) {
  if (!has_token(request, "Upgrade", "websocket") || !has_token(request, "Connection", "upgrade"))
    return "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  if (find_header(request, "Sec-WebSocket-Version") != "13")
    return "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nConnection: close\r\nContent-Length: "
           "0\r\n\r\n";
  const auto key = find_header(request, "Sec-WebSocket-Key");
  const auto decoded = key ? from_base64(*key) : std::nullopt;
  if (!decoded || decoded->size() != 16)
    return "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  return {};
}

}  // namespace

awaitable<Result<WebSocket>> connect_websocket(Url url, TlsContext tls, Headers extra, Deadline deadline,
                                               ConnectReport* report) {
  if (url.scheme != "ws" && url.scheme != "wss") co_return Errc::invalid_argument;
  Result<Socket> connected = Errc::connect_refused;
  if (url.tls())
    connected = co_await connect_tls(url.host, url.port, std::move(tls), deadline, report);
  else
    connected = co_await connect_plain(url.host, url.port, deadline, report);
  if (!connected) co_return connected.error();
  auto upgraded = co_await upgrade(std::move(*connected), std::move(url), std::move(extra), deadline, report);
  co_return std::move(upgraded);
}

awaitable<Result<WebSocket>> accept_websocket(Socket socket, Bytes leftover, Headers request, Deadline deadline) {
  const std::string_view refusal = refusal_of(request);
  if (!refusal.empty()) {
    const auto refused = co_await socket.write(as_bytes(refusal), deadline);
    if (refused) socket.shutdown_write();
    co_return Errc::invalid_argument;
  }
  const std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      accept_value_of(*find_header(request, "Sec-WebSocket-Key")) + "\r\n\r\n";
  const auto sent = co_await socket.write(as_bytes(answer), deadline);
  if (!sent) co_return sent.error();
  co_return WebSocket::over_server(std::move(socket), std::move(leftover));
}

}  // namespace linekeeper::net
