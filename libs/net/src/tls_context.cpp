#include "linekeeper/net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "linekeeper/base/errc.hpp"
#include "tls_memory.hpp"

namespace linekeeper::net {

struct TlsContext::Impl {
  explicit Impl(const SSL_METHOD* method) : context(SSL_CTX_new(method)) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { SSL_CTX_free(context); }

  SSL_CTX* context;
  bool insecure = false;
};

namespace {

struct FreeBio {
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
};
struct FreeX509 {
  void operator()(X509* x509) const noexcept { X509_free(x509); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
using Text = std::unique_ptr<BIO, FreeBio>;
using Certificate509 = std::unique_ptr<X509, FreeX509>;

Text memory_over(std::string_view text) {
  return Text(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate509 next_certificate(BIO* bio) {
  return Certificate509(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  // Moving buffers, because a write may go on from a grown buffer; released ones, because most connections are idle.
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

void configure_client(SSL_CTX* context, int verify) {
  configure(context);
  SSL_CTX_set_verify(context, verify, nullptr);
  // Sessions are handed to whoever remembers them, and kept nowhere else.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, TlsContext::Memory::keep);
}

}  // namespace

TlsContext TlsContext::remembering() const {
  TlsContext out(impl_);
  out.memory_ = std::make_shared<Memory>();
  return out;
}

bool TlsContext::insecure() const noexcept {
  return impl_->insecure;
}
ssl_ctx_st* TlsContext::native() const noexcept {
  return impl_->context;
}

Result<TlsContext> TlsContext::client() {
  auto impl = std::make_shared<Impl>(TLS_client_method());
  configure_client(impl->context, SSL_VERIFY_PEER);
  if (SSL_CTX_set_default_verify_paths(impl->context) != 1) return Errc::invalid_argument;
  return TlsContext(std::move(impl));
}

Result<TlsContext> TlsContext::client(std::string_view tls_ca) {
  if (tls_ca.empty()) return client();
  if (tls_ca == "insecure") return client_insecure();
  auto impl = std::make_shared<Impl>(TLS_client_method());
  configure_client(impl->context, SSL_VERIFY_PEER);
  const std::string path(tls_ca);
  const bool loaded = SSL_CTX_load_verify_file(impl->context, path.c_str()) == 1;
  ERR_clear_error();
  if (!loaded) return Errc::invalid_argument;
  return TlsContext(std::move(impl));
}

Result<TlsContext> TlsContext::client_trusting(std::string_view ca_pem) {
  auto impl = std::make_shared<Impl>(TLS_client_method());
  configure_client(impl->context, SSL_VERIFY_PEER);
  const Text memory = memory_over(ca_pem);
  int found = 0;
  while (const Certificate509 certificate = next_certificate(memory.get())) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(impl->context), certificate.get());
    ++found;
  }
  ERR_clear_error();
  if (found == 0) return Errc::invalid_argument;
  return TlsContext(std::move(impl));
}

Result<TlsContext> TlsContext::client_insecure() {
  auto impl = std::make_shared<Impl>(TLS_client_method());
  configure_client(impl->context, SSL_VERIFY_NONE);
  impl->insecure = true;
  return TlsContext(std::move(impl));
}

Result<TlsContext> TlsContext::server(const Certificate& certificate) {
  auto impl = std::make_shared<Impl>(TLS_server_method());
  SSL_CTX* const context = impl->context;
  configure(context);
  const Text chain = memory_over(certificate.certificate_pem);
  const Certificate509 leaf = next_certificate(chain.get());
  const Text key_memory = memory_over(certificate.key_pem.reveal());
  const std::unique_ptr<EVP_PKEY, FreeKey> key(PEM_read_bio_PrivateKey(key_memory.get(), nullptr, nullptr, nullptr));
  const bool usable = leaf && key && SSL_CTX_use_certificate(context, leaf.get()) == 1 &&
                      SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
  while (usable) {
    const Certificate509 next = next_certificate(chain.get());
    if (!next) break;
    SSL_CTX_add1_chain_cert(context, next.get());
  }
  ERR_clear_error();
  if (!usable) return Errc::invalid_argument;
  // One ticket for the next connection, without state here.
  SSL_CTX_set_num_tickets(context, 1);
  return TlsContext(std::move(impl));
}

Result<TlsContext> TlsContext::server(const Certificate& certificate, std::string_view client_ca_pem) {
  LK_TRY(TlsContext made, server(certificate));
  SSL_CTX* const context = made.native();
  const Text authorities = memory_over(client_ca_pem);
  bool any = false;
  while (const Certificate509 authority = next_certificate(authorities.get())) {
    any = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1 &&
          SSL_CTX_add_client_CA(context, authority.get()) == 1;
    if (!any) break;
  }
  ERR_clear_error();
  if (!any) return Errc::invalid_argument;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  // A session that goes on would bring its certificate's name along after the certificate is over.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  return made;
}

}  // namespace linekeeper::net
