#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "linekeeper/net/tls_context.hpp"

namespace linekeeper::net {

/// The latest session with one host. A TLS 1.3 ticket is used once (RFC 8446, C.4), and after a day of resuming the
/// certificate is looked at again. One thread at a time.
struct TlsContext::Memory {
  struct FreeSession {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
  };

  /// Lets this connection to `host` resume, if there is something to resume, and remember what it is given.
  void offer(SSL* ssl, const std::string& host);
  /// For `SSL_CTX_sess_set_new_cb`.
  static int keep(SSL* ssl, SSL_SESSION* session);

 private:
  std::string host_;
  std::int64_t verified_at_ = 0;  ///< Unix seconds of the last full handshake.
  std::unique_ptr<SSL_SESSION, FreeSession> session_;
};

}  // namespace linekeeper::net
