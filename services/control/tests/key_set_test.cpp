#include "access/key_set.hpp"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <nlohmann/json.hpp>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::control {
namespace {

using json = nlohmann::json;

const std::chrono::system_clock::time_point kNow{std::chrono::seconds(1'764'000'000)};
constexpr std::int64_t kSeconds = 1'764'000'000;

/// An issuer with one key of each kind.
class Issuer {
 public:
  Issuer() : rsa_(EVP_RSA_gen(2048)), ec_(EVP_EC_gen("P-256")) {}
  ~Issuer() {
    EVP_PKEY_free(rsa_);
    EVP_PKEY_free(ec_);
  }

  std::string jwks() const {
    Bytes point(65);
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(ec_, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &size);
    const json rsa = {{"kty", "RSA"},
                      {"kid", "r"},
                      {"use", "sig"},
                      {"n", number(OSSL_PKEY_PARAM_RSA_N)},
                      {"e", number(OSSL_PKEY_PARAM_RSA_E)}};
    const json ec = {{"kty", "EC"},
                     {"kid", "e"},
                     {"crv", "P-256"},
                     {"x", to_base64url(ByteView(point).subspan(1, 32))},
                     {"y", to_base64url(ByteView(point).subspan(33, 32))}};
    return json{{"keys", {rsa, ec}}}.dump();
  }

  std::string sign(json header, const json& claims) const {
    const bool elliptic = header.value("alg", "") == "ES256";
    const std::string text = to_base64url(as_bytes(header.dump())) + "." + to_base64url(as_bytes(claims.dump()));
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, elliptic ? ec_ : rsa_);
    Bytes signature(512);
    std::size_t size = signature.size();
    EVP_DigestSign(context, signature.data(), &size, reinterpret_cast<const unsigned char*>(text.data()), text.size());
    EVP_MD_CTX_free(context);
    signature.resize(size);
    if (elliptic) signature = raw_of(signature);
    return text + "." + to_base64url(signature);
  }
  std::string rs256(const json& claims) const { return sign({{"alg", "RS256"}, {"kid", "r"}}, claims); }
  std::string es256(const json& claims) const { return sign({{"alg", "ES256"}, {"kid", "e"}}, claims); }

 private:
  std::string number(const char* name) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(rsa_, name, &value);
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(value)));
    BN_bn2bin(value, bytes.data());
    BN_free(value);
    return to_base64url(bytes);
  }
  static Bytes raw_of(const Bytes& der) {
    const unsigned char* at = der.data();
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    Bytes raw(64);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.data(), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.data() + 32, 32);
    ECDSA_SIG_free(signature);
    return raw;
  }

  EVP_PKEY* rsa_;
  EVP_PKEY* ec_;
};

class KeySetTest : public testing::Test {
 protected:
  static const Issuer& issuer() {
    static const Issuer made;
    return made;
  }
  static json claims(json more = json::object()) {
    json all = {{"sub", "ada"},
                {"roles", {"operate"}},
                {"exp", kSeconds + 600},
                {"aud", {"linekeeper"}},
                {"iss", "https://login"}};
    all.update(more);
    return all;
  }
  static std::variant<Caller, std::string> verify(const std::string& token, KeySet::Expected expected = {}) {
    return std::get<KeySet>(KeySet::parse(issuer().jwks())).verify(token, expected, kNow);
  }
  static std::string why(const std::string& token, KeySet::Expected expected = {}) {
    const auto answer = verify(token, expected);
    const auto* text = std::get_if<std::string>(&answer);
    return text == nullptr ? "ok" : *text;
  }
};

TEST_F(KeySetTest, BothAlgorithmsProveACaller) {
  for (const std::string& token : {issuer().rs256(claims()), issuer().es256(claims())}) {
    const auto answer = verify(token, {"linekeeper", "https://login"});
    ASSERT_TRUE(std::holds_alternative<Caller>(answer)) << std::get<std::string>(answer);
    EXPECT_EQ(std::get<Caller>(answer).name, "ada");
    EXPECT_TRUE(std::get<Caller>(answer).may(Role::operate));
    EXPECT_FALSE(std::get<Caller>(answer).may(Role::admin));
  }
}

TEST_F(KeySetTest, RolesMayStandInTheScopeAndSessionsLimit) {
  const auto answer =
      verify(issuer().es256(claims({{"roles", nullptr}, {"scope", "openid send"}, {"sessions", {"shop-"}}})));
  const Caller& caller = std::get<Caller>(answer);
  EXPECT_TRUE(caller.may(Role::send));
  EXPECT_FALSE(caller.may(Role::operate));
  EXPECT_FALSE(caller.sees("bank"));
}

TEST_F(KeySetTest, RefusesWhatIsNotSignedByAKeyOfTheSet) {
  const Issuer stranger;
  EXPECT_EQ(why(stranger.rs256(claims())), "signature");
  EXPECT_EQ(why(stranger.es256(claims())), "signature");
  EXPECT_EQ(why(issuer().sign({{"alg", "RS256"}, {"kid", "other"}}, claims())), "unknown_key");
  std::string cut = issuer().rs256(claims());
  cut.resize(cut.size() - 20);
  EXPECT_EQ(why(cut), "signature");
}

TEST_F(KeySetTest, RefusesOtherAlgorithmsAndCriticalExtensions) {
  for (const char* alg : {"none", "HS256", "RS512", ""})
    EXPECT_EQ(why(issuer().sign({{"alg", alg}, {"kid", "r"}}, claims())), "algorithm") << alg;
  EXPECT_EQ(why(issuer().sign({{"alg", "RS256"}, {"kid", "r"}, {"crit", {"exp"}}}, claims())), "algorithm");
  // A signature by the other kind of key under this name.
  EXPECT_EQ(why(issuer().sign({{"alg", "ES256"}, {"kid", "r"}}, claims())), "unknown_key");
}

TEST_F(KeySetTest, RefusesByTimeAudienceAndIssuer) {
  EXPECT_EQ(why(issuer().es256(claims({{"exp", kSeconds - 61}}))), "expired");
  EXPECT_EQ(why(issuer().es256(claims({{"exp", kSeconds - 59}}))), "ok");
  EXPECT_EQ(why(issuer().es256(claims({{"nbf", kSeconds + 61}}))), "not_yet_valid");
  EXPECT_EQ(why(issuer().es256(claims()), {"other", ""}), "audience");
  EXPECT_EQ(why(issuer().es256(claims()), {"", "https://other"}), "issuer");
}

TEST_F(KeySetTest, RefusesClaimsThatAreNotWhatTheySeem) {
  EXPECT_EQ(why(issuer().es256(claims({{"exp", "soon"}}))), "claims");
  EXPECT_EQ(why(issuer().es256(claims({{"sub", 7}}))), "claims");
  EXPECT_EQ(why(issuer().es256(claims({{"sessions", "shop-"}}))), "claims");
  EXPECT_EQ(why(issuer().es256(claims({{"sessions", json::array()}}))), "claims");
  EXPECT_EQ(why(issuer().es256(claims({{"sessions", {""}}}))), "claims");
}

TEST_F(KeySetTest, RefusesWhatIsNoToken) {
  for (const std::string& text :
       {std::string(), std::string("a.b"), std::string("a.b.c"), std::string("..."), std::string(20'000, 'a') + ".b.c"})
    EXPECT_EQ(why(text), "not_a_jwt");
}

TEST_F(KeySetTest, TakesNoSetWithoutAUsableKey) {
  for (const char* text :
       {"", "[]", "{}", R"({"keys":[]})", R"({"keys":[7]})", R"({"keys":[{"kty":"oct","k":"AA"}]})",
        R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})",
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]})", R"({"keys":[{"kty":7,"use":8}]})"})
    EXPECT_TRUE(std::holds_alternative<KeySet::Refusal>(KeySet::parse(text))) << text;
}

}  // namespace
}  // namespace linekeeper::control
