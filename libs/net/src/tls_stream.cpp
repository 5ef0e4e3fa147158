#include "tls_stream.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "linekeeper/base/errc.hpp"
#include "tls_memory.hpp"

namespace linekeeper::net {
namespace {

using ImplPtr = std::shared_ptr<Socket::Impl>;

/// The certificate must be made out to what we asked for, be it a name or an address.
bool expect_peer(SSL* ssl, const std::string& host) {
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (!not_an_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

std::string reason_of_failure(const SSL* ssl) {
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK)
    return X509_verify_cert_error_string(verified);
  const unsigned long error = ERR_peek_last_error();
  const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "TLS handshake failed" : reason;
}

awaitable<Result<void>> shake_hands(ImplPtr stream, Deadline deadline, std::string* detail) {
  for (;;) {
    if (stream->closed) co_return Errc::cancelled;
    ERR_clear_error();
    const int returned = SSL_do_handshake(stream->ssl.get());
    if (returned == 1) co_return ok();
    const int why = SSL_get_error(stream->ssl.get(), returned);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
      const bool gone = why == SSL_ERROR_SYSCALL || why == SSL_ERROR_ZERO_RETURN ||
                        ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
      if (detail != nullptr)
        *detail =
            gone ? "the peer closed the connection during the TLS handshake" : reason_of_failure(stream->ssl.get());
      ERR_clear_error();
      stream->lost = true;
      co_return gone ? Errc::connection_lost : Errc::tls_failed;
    }
    const Way way = why == SSL_ERROR_WANT_READ ? Way::read : Way::write;
    const auto ready = co_await Socket::Impl::wait(stream, way, deadline);
    if (!ready) co_return ready.error();
  }
}

}  // namespace

awaitable<Result<void>> start_tls_client(ImplPtr stream, TlsContext tls, std::string host, Deadline deadline,
                                         std::string* detail) {
  if (stream->closed) co_return Errc::cancelled;
  if (tls.insecure() && !stream->peer.address().is_loopback()) {
    if (detail != nullptr) *detail = "certificates may go unchecked for loopback addresses only";
    co_return Errc::invalid_argument;
  }
  stream->ssl.reset(SSL_new(tls.native()));
  SSL* const ssl = stream->ssl.get();
  if (ssl == nullptr || SSL_set_fd(ssl, stream->stream.native_handle()) != 1 || !expect_peer(ssl, host))
    co_return Errc::tls_failed;
  SSL_set_connect_state(ssl);
  stream->tls_memory = tls.memory();
  if (stream->tls_memory) stream->tls_memory->offer(ssl, host);
  const auto done = co_await shake_hands(stream, deadline, detail);
  co_return done;
}

awaitable<Result<void>> start_tls_server(ImplPtr stream, TlsContext tls, Deadline deadline) {
  if (stream->closed) co_return Errc::cancelled;
  stream->ssl.reset(SSL_new(tls.native()));
  SSL* const ssl = stream->ssl.get();
  if (ssl == nullptr || SSL_set_fd(ssl, stream->stream.native_handle()) != 1) co_return Errc::tls_failed;
  SSL_set_accept_state(ssl);
  const auto done = co_await shake_hands(stream, deadline, nullptr);
  co_return done;
}

}  // namespace linekeeper::net
