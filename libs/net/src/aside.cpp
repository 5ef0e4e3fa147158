#include "linekeeper/net/aside.hpp"

#include <openssl/crypto.h>

#include <boost/asio/thread_pool.hpp>

namespace linekeeper::net {

boost::asio::any_io_executor slow_threads() {
  // Slow work is mostly key derivation. OpenSSL comes up first, so that at the end of the process these threads are
  // gone, with what it keeps for each of them, before it is.
  OPENSSL_init_crypto(0, nullptr);
  static boost::asio::thread_pool threads(2);
  return threads.get_executor();
}

}  // namespace linekeeper::net
