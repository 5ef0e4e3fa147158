#pragma once

#include <string>

#include "linekeeper/base/secret.hpp"

namespace linekeeper::net {

/// A TLS certificate and its private key, both PEM.
struct Certificate {
  std::string certificate_pem;
  Secret<std::string> key_pem;
};

/// A new self-signed ECDSA P-256 certificate, valid from a day ago for ten years, for 127.0.0.1, ::1, localhost and
/// web.whatsapp.com: what a test server shows. Throws if OpenSSL fails (no randomness, no memory).
Certificate make_self_signed();

}  // namespace linekeeper::net
