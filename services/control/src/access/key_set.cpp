#include "access/key_set.hpp"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::control {
namespace {

using json = nlohmann::json;
using Pkey = std::shared_ptr<EVP_PKEY>;

template <auto Free>
struct Freer {
  void operator()(auto* object) const noexcept { Free(object); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;
using Number = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

constexpr std::size_t kMostToken = 16 * 1024;
constexpr auto kLeeway = std::chrono::seconds(60);  ///< Between the issuer's clock and ours.

Pkey make_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  return Pkey(key, EVP_PKEY_free);
}

/// Empty if it is absent or no text.
std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string() : found->get<std::string>();
}

std::optional<Bytes> member(const json& object, const char* name) {
  const std::string text = text_of(object, name);
  return text.empty() ? std::nullopt : from_base64(text);
}

Pkey rsa_key(const json& object) {
  const auto n = member(object, "n");
  const auto e = member(object, "e");
  if (!n || !e || n->size() < 256) return nullptr;  // Under 2048 bits is no key.
  const Number modulus(BN_bin2bn(n->data(), static_cast<int>(n->size()), nullptr));
  const Number exponent(BN_bin2bn(e->data(), static_cast<int>(e->size()), nullptr));
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!modulus || !exponent || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
    return nullptr;
  return make_key("RSA", builder.get());
}

Pkey ec_key(const json& object) {
  const auto x = member(object, "x");
  const auto y = member(object, "y");
  if (text_of(object, "crv") != "P-256" || !x || !y || x->size() != 32 || y->size() != 32) return nullptr;
  Bytes point{4};  // Uncompressed.
  append(point, *x);
  append(point, *y);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
    return nullptr;
  return make_key("EC", builder.get());
}

/// JWS carries r and s side by side; OpenSSL wants them in DER.
std::optional<Bytes> der_of(ByteView raw) {
  if (raw.size() != 64) return std::nullopt;
  const Signature signature(ECDSA_SIG_new());
  Number r(BN_bin2bn(raw.data(), 32, nullptr));
  Number s(BN_bin2bn(raw.data() + 32, 32, nullptr));
  if (!signature || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return std::nullopt;
  (void)r.release();
  (void)s.release();
  unsigned char* out = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &out);
  if (size <= 0) return std::nullopt;
  Bytes der(out, out + size);
  OPENSSL_free(out);
  return der;
}

bool verifies(EVP_PKEY* key, bool elliptic, std::string_view text, ByteView signature) {
  Bytes der;
  if (elliptic) {
    auto converted = der_of(signature);
    if (!converted) return false;
    der = std::move(*converted);
    signature = der;
  }
  const Digest context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

json object_of(std::string_view part) {
  const auto bytes = from_base64(part);
  if (!bytes) return {};
  json parsed = json::parse(to_text(*bytes), nullptr, false);
  return parsed.is_object() ? parsed : json();
}

bool names(const json& claims, const char* name, const std::string& wanted) {
  const auto found = claims.find(name);
  if (found == claims.end()) return false;
  if (found->is_string()) return found->get<std::string>() == wanted;
  if (!found->is_array()) return false;
  for (const json& one : *found)
    if (one.is_string() && one.get<std::string>() == wanted) return true;
  return false;
}

std::optional<Caller> caller_of(const json& claims) {
  Caller caller;
  const auto subject = claims.find("sub");
  if (subject == claims.end() || !subject->is_string() || subject->get<std::string>().empty()) return std::nullopt;
  caller.name = subject->get<std::string>();
  const auto add = [&](std::string_view role) {
    if (const auto roles = roles_of(role)) caller.roles |= *roles;
  };
  if (const auto roles = claims.find("roles"); roles != claims.end() && roles->is_array()) {
    for (const json& role : *roles)
      if (role.is_string()) add(role.get<std::string>());
  }
  if (const auto scope = claims.find("scope"); scope != claims.end() && scope->is_string()) {
    std::string words = scope->get<std::string>() + " ";
    for (std::size_t at = 0, end = 0; (end = words.find(' ', at)) != std::string::npos; at = end + 1)
      add(std::string_view(words).substr(at, end - at));
  }
  if (const auto sessions = claims.find("sessions"); sessions != claims.end()) {
    // Whoever limits a token and gets the form wrong must not end up without the limit.
    if (!sessions->is_array() || sessions->empty()) return std::nullopt;
    for (const json& prefix : *sessions) {
      if (!prefix.is_string() || prefix.get<std::string>().empty()) return std::nullopt;
      caller.prefixes.push_back(prefix.get<std::string>());
    }
  }
  return caller;
}

}  // namespace

std::variant<KeySet, KeySet::Refusal> KeySet::parse(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !document.contains("keys") || !document["keys"].is_array())
    return Refusal{"not a JWKS document: {\"keys\": […]} is expected"};
  KeySet set;
  for (const json& object : document["keys"]) {
    if (!object.is_object() || (object.contains("use") && text_of(object, "use") != "sig")) continue;
    const std::string type = text_of(object, "kty");
    Key key;
    key.id = text_of(object, "kid");
    key.elliptic = type == "EC";
    if (type == "RSA") key.key = rsa_key(object);
    if (type == "EC") key.key = ec_key(object);
    if (key.key) set.keys_.push_back(std::move(key));
  }
  if (set.keys_.empty()) return Refusal{"no RSA key of 2048 bits or more and no P-256 key in it"};
  return set;
}

std::variant<KeySet, KeySet::Refusal> KeySet::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file.is_open() || file.bad()) return Refusal{path + " cannot be read"};
  auto set = parse(text);
  if (auto* refusal = std::get_if<Refusal>(&set)) refusal->text = path + ": " + refusal->text;
  return set;
}

std::variant<Caller, std::string> KeySet::verify(std::string_view token, const Expected& expected,
                                                 std::chrono::system_clock::time_point now) const {
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (token.size() > kMostToken || second == std::string_view::npos) return std::string("not_a_jwt");
  const json header = object_of(token.substr(0, first));
  const auto signature = from_base64(token.substr(second + 1));
  if (header.is_null() || !signature) return std::string("not_a_jwt");
  const auto alg = header.find("alg");
  const bool elliptic = alg != header.end() && *alg == "ES256";
  if (!elliptic && (alg == header.end() || *alg != "RS256")) return std::string("algorithm");
  // No extension is understood, so none may be demanded.
  if (header.contains("crit")) return std::string("algorithm");
  const auto kid = header.find("kid");
  bool known = false;
  bool good = false;
  for (const Key& key : keys_) {
    if (key.elliptic != elliptic) continue;
    if (kid != header.end() && !key.id.empty() && *kid != key.id) continue;
    known = true;
    good = good || verifies(key.key.get(), elliptic, token.substr(0, second), *signature);
  }
  if (!known) return std::string("unknown_key");
  if (!good) return std::string("signature");

  const json claims = object_of(token.substr(first + 1, second - first - 1));
  const auto at = [&](const char* name) -> std::optional<double> {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
  };
  if (claims.is_null() || !at("exp")) return std::string("claims");
  const double seconds = std::chrono::duration<double>(now.time_since_epoch()).count();
  const double leeway = std::chrono::duration<double>(kLeeway).count();
  if (*at("exp") + leeway <= seconds) return std::string("expired");
  if (at("nbf") && *at("nbf") - leeway > seconds) return std::string("not_yet_valid");
  if (!expected.audience.empty() && !names(claims, "aud", expected.audience)) return std::string("audience");
  if (!expected.issuer.empty() && !names(claims, "iss", expected.issuer)) return std::string("issuer");
  auto caller = caller_of(claims);
  if (!caller) return std::string("claims");
  return std::move(*caller);
}

}  // namespace linekeeper::control
