#include "resolve.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::net {
namespace {

using asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

/// Shared by the question and the one who waits, because either may end first.
struct Question {
  explicit Question(const asio::any_io_executor& executor) : resolver(executor), limit(executor) {}
  tcp::resolver resolver;
  asio::steady_timer limit;
  std::optional<Result<Endpoints>> answer;
};

}  // namespace

awaitable<Result<Endpoints>> resolve(std::string host, std::uint16_t port, Deadline deadline) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return Endpoints(1, tcp::endpoint(address, port));

  const auto executor = co_await asio::this_coro::executor;
  const auto question = std::make_shared<Question>(executor);
  question->limit.expires_at(deadline.when());
  question->resolver.async_resolve(
      host, std::to_string(port), tcp::resolver::numeric_service,
      [weak = std::weak_ptr(question)](error_code ec, const tcp::resolver::results_type& results) {
        const auto self = weak.lock();
        if (!self) return;
        Endpoints endpoints;
        for (const auto& entry : results)
          endpoints.push_back(entry.endpoint());
        if (ec || endpoints.empty())
          self->answer = Result<Endpoints>(Errc::not_found);
        else
          self->answer = Result<Endpoints>(std::move(endpoints));
        self->limit.cancel();
      });
  error_code ignored;
  co_await question->limit.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (question->answer) co_return std::move(*question->answer);
  question->resolver.cancel();
  if (deadline.passed()) co_return Errc::timed_out;
  co_return Errc::cancelled;
}

}  // namespace linekeeper::net
