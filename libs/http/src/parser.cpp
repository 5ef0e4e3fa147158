// The one file that includes Beast.
#include "parser.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::http {
namespace {

namespace beast = boost::beast::http;
namespace asio = boost::asio;

error_code translated(const error_code& ec) {
  if (ec == beast::error::header_limit || ec == beast::error::body_limit || ec == beast::error::buffer_overflow)
    return Errc::too_large;
  return Errc::malformed_frame;
}

template <typename Parser>
Result<std::size_t> put_into(Parser& parser, ByteView bytes) {
  if (parser.is_done()) return std::size_t{0};
  error_code ec;
  const std::size_t used = parser.put(asio::const_buffer(bytes.data(), bytes.size()), ec);
  if (ec && ec != beast::error::need_more) return translated(ec);
  return used;
}

std::string text(const boost::beast::string_view view) {
  return {view.data(), view.size()};
}

template <typename Fields>
Headers headers_of(const Fields& fields) {
  Headers out;
  for (const auto& field : fields)
    out.push_back({text(field.name_string()), text(field.value())});
  return out;
}

}  // namespace

struct RequestParser::Impl {
  beast::request_parser<beast::string_body> parser;
};

RequestParser::RequestParser(std::size_t max_head) : impl_(std::make_unique<Impl>()) {
  const auto limit = std::min<std::size_t>(max_head, std::numeric_limits<std::uint32_t>::max());
  impl_->parser.header_limit(static_cast<std::uint32_t>(limit));
  impl_->parser.body_limit(boost::none);  // known once the path is
}
RequestParser::~RequestParser() = default;

Result<std::size_t> RequestParser::put(ByteView bytes) {
  return put_into(impl_->parser, bytes);
}
bool RequestParser::head_done() const {
  return impl_->parser.is_header_done();
}
bool RequestParser::done() const {
  return impl_->parser.is_done();
}

bool RequestParser::limit_body(std::size_t max) {
  const auto announced = impl_->parser.content_length();
  if (announced && *announced > max) return false;
  impl_->parser.body_limit(max);
  impl_->parser.eager(true);
  return true;
}

bool RequestParser::keep_alive() const {
  return impl_->parser.keep_alive();
}
bool RequestParser::expects_continue() const {
  return boost::beast::iequals(impl_->parser.get()[beast::field::expect], "100-continue");
}

Request RequestParser::take() {
  auto& message = impl_->parser.get();
  Request request;
  request.method = text(message.method_string());
  request.target = text(message.target());
  request.headers = headers_of(message);
  request.body = std::move(message.body());
  return request;
}

struct ResponseParser::Impl {
  beast::response_parser<beast::string_body> parser;
};

ResponseParser::ResponseParser(bool to_head, std::size_t max_body) : impl_(std::make_unique<Impl>()) {
  impl_->parser.skip(to_head);
  impl_->parser.body_limit(max_body);
  impl_->parser.eager(true);
}
ResponseParser::~ResponseParser() = default;

Result<std::size_t> ResponseParser::put(ByteView bytes) {
  return put_into(impl_->parser, bytes);
}

Result<void> ResponseParser::put_end() {
  if (!impl_->parser.got_some()) return Errc::connection_lost;
  error_code ec;
  impl_->parser.put_eof(ec);
  if (ec) return Errc::connection_lost;
  return ok();
}

bool ResponseParser::done() const {
  return impl_->parser.is_done();
}

Response ResponseParser::take() {
  auto& message = impl_->parser.get();
  Response response;
  response.status = message.result_int();
  response.headers = headers_of(message);
  response.body = std::move(message.body());
  return response;
}

}  // namespace linekeeper::http
