#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace linekeeper {

namespace asio = boost::asio;
using boost::asio::awaitable;

}  // namespace linekeeper
