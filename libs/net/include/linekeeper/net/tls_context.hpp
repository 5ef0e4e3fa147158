#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "linekeeper/base/result.hpp"
#include "linekeeper/net/certificate.hpp"

struct ssl_ctx_st;

namespace linekeeper::net {

/// What all TLS connections of one kind share: trust or identity, versions (1.2 and 1.3), ciphers. Copies share one
/// OpenSSL context; connections keep it alive. Make it once per program: it may be used from several threads.
class TlsContext {
 public:
  struct Memory;  ///< Private to the library.

  /// Trusts the system's store.
  static Result<TlsContext> client();
  /// As the setting `tls-ca` says: empty for the system's store, "insecure", or a PEM file. Errors: `invalid_argument`
  /// if the file is unreadable or holds no certificate.
  static Result<TlsContext> client(std::string_view tls_ca);
  /// Trusts exactly these certificates.
  static Result<TlsContext> client_trusting(std::string_view ca_pem);
  /// Checks nothing. Connections with it are refused to any address that is not loopback.
  static Result<TlsContext> client_insecure();
  /// Shows this certificate. Errors: `invalid_argument` if key and certificate do not parse or do not match.
  static Result<TlsContext> server(const Certificate& certificate);
  /// The same, and asks clients for a certificate by one of these authorities. Who has none is let in without a name;
  /// one that does not verify ends the handshake.
  static Result<TlsContext> server(const Certificate& certificate, std::string_view client_ca_pem);

  /// The same context, with a memory for the latest session of one client: its next connection to the same host
  /// resumes it, which saves the server's certificate and signature. For one client that connects again and again: what
  /// is remembered would tie several together. Copies share the memory; connections with it on one thread.
  TlsContext remembering() const;

  bool insecure() const noexcept;
  ssl_ctx_st* native() const noexcept;
  const std::shared_ptr<Memory>& memory() const noexcept { return memory_; }

 private:
  struct Impl;
  explicit TlsContext(std::shared_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
  std::shared_ptr<Memory> memory_;  ///< Null: nothing is remembered.
};

}  // namespace linekeeper::net
