#include "linekeeper/http/client.hpp"

#include <algorithm>
#include <array>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/net/socket.hpp"
#include "parser.hpp"
#include "wire.hpp"

namespace linekeeper::http {
namespace {

awaitable<Result<Response>> exchange(net::Socket socket, std::string request, bool to_head, net::Deadline deadline,
                                     std::size_t max_body) {
  // A server may answer and stop listening before it has read everything: its answer counts, not our write.
  const auto written = co_await socket.write(as_bytes(request), deadline);
  if (!written && written.error() != Errc::connection_lost) co_return written.error();
  ResponseParser parser(to_head, max_body);
  Bytes buffer;
  while (!parser.done()) {
    std::array<std::uint8_t, 8192> chunk;
    const auto got = co_await socket.read_some(chunk, deadline);
    if (!got && got.error() != Errc::connection_lost) co_return got.error();
    if (!got) {
      const auto ended = parser.put_end();
      if (!ended) co_return ended.error();
      break;
    }
    append(buffer, ByteView(chunk).first(*got));
    std::size_t used = 1;
    while (used > 0 && !buffer.empty() && !parser.done()) {
      const auto put = parser.put(buffer);
      if (!put) co_return put.error();
      used = *put;
      buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(used));
    }
  }
  co_return parser.take();
}

}  // namespace

awaitable<Result<Response>> fetch(net::Url url, net::TlsContext tls, Request request, net::Deadline deadline,
                                  std::size_t max_body) {
  const bool valid = std::ranges::all_of(request.headers, net::is_valid_header);
  if (!valid || (url.scheme != "http" && url.scheme != "https")) co_return Errc::invalid_argument;
  Result<net::Socket> connected = Errc::connect_refused;
  if (url.tls())
    connected = co_await net::connect_tls(url.host, url.port, std::move(tls), deadline);
  else
    connected = co_await net::connect_plain(url.host, url.port, deadline);
  if (!connected) co_return connected.error();
  request.target = url.target;
  const bool to_head = request.method == "HEAD";
  std::string text = serialize(request, url.authority());
  auto answer = co_await exchange(std::move(*connected), std::move(text), to_head, deadline, max_body);
  co_return std::move(answer);
}

awaitable<Result<Response>> get(net::Url url, net::TlsContext tls, net::Deadline deadline) {
  Request request;
  auto answer = co_await fetch(std::move(url), std::move(tls), std::move(request), deadline);
  co_return std::move(answer);
}

awaitable<Result<Response>> post(net::Url url, net::TlsContext tls, std::string content_type, std::string body,
                                 net::Deadline deadline) {
  Request request;
  request.method = "POST";
  request.headers.push_back({"Content-Type", std::move(content_type)});
  request.body = std::move(body);
  auto answer = co_await fetch(std::move(url), std::move(tls), std::move(request), deadline);
  co_return std::move(answer);
}

}  // namespace linekeeper::http
