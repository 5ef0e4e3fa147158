#include "linekeeper/net/certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace linekeeper::net {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* what) const noexcept {
    Free(what);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;

template <typename T>
T require(T value) {
  if (!value) throw std::runtime_error("OpenSSL could not make a certificate");
  return value;
}

std::string text_of(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(require(X509V3_EXT_conf_nid(nullptr, &context, nid, value)));
  require(X509_add_ext(certificate, extension.get(), -1));
}

void set_random_serial(X509* certificate) {
  std::array<unsigned char, 16> serial{};
  require(RAND_bytes(serial.data(), static_cast<int>(serial.size())) == 1);
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);  // positive and of full length
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(require(BN_bin2bn(serial.data(), serial.size(), nullptr)));
  require(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)));
}

}  // namespace

Certificate make_self_signed() {
  constexpr long kDay = 24L * 60 * 60;
  const Key key(require(EVP_EC_gen("P-256")));
  const X509Ptr certificate(require(X509_new()));
  X509* const x509 = certificate.get();
  require(X509_set_version(x509, 2));
  set_random_serial(x509);
  require(X509_gmtime_adj(X509_getm_notBefore(x509), -kDay));
  require(X509_gmtime_adj(X509_getm_notAfter(x509), 3650 * kDay));
  require(X509_set_pubkey(x509, key.get()));
  X509_NAME* const name = X509_get_subject_name(x509);
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>("Linekeeper test server"), -1, -1, 0));
  require(X509_set_issuer_name(x509, name));
  add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");  // so that clients may take it as their CA file
  add_extension(x509, NID_subject_key_identifier, "hash");
  add_extension(x509, NID_subject_alt_name, "IP:127.0.0.1,IP:::1,DNS:localhost,DNS:web.whatsapp.com");
  require(X509_sign(x509, key.get(), EVP_sha256()));

  const Memory certificate_text(require(BIO_new(BIO_s_mem())));
  require(PEM_write_bio_X509(certificate_text.get(), x509));
  const Memory key_text(require(BIO_new(BIO_s_secmem())));
  require(PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr));
  return {text_of(certificate_text.get()), Secret<std::string>(text_of(key_text.get()))};
}

}  // namespace linekeeper::net
