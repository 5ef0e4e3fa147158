#include "linekeeper/noise/certificate.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "noise_vectors.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint64_t kFirst = 1'600'000'000;
constexpr std::uint64_t kLast = 4'102'444'800;

Key32 root() {
  return vector_key("cert_root").pub;
}
Key32 server() {
  return vector_key("server_static").pub;
}

crypto::SignatureNonce nonce(std::string_view which) {
  return crypto::sha512(as_bytes("wa-connection-vector/1 sig " + std::string(which)));
}

/// What the vectors' chain states; tests change one thing and sign it properly.
struct Parts {
  crypto::KeyPair root = vector_key("cert_root");
  crypto::KeyPair issuer = vector_key("cert_intermediate");
  Certificate intermediate{3, 0, vector_key("cert_intermediate").pub, kFirst, kLast};
  Certificate leaf{17, 3, vector_key("server_static").pub, kFirst, kLast};

  Bytes issue() const { return issue_chain(root.priv, intermediate, issuer.priv, leaf); }
};

TEST(CertificateTest, KnowsTheProductionRoot) {
  EXPECT_EQ(to_hex(kProductionNoiseRoot), noise_vectors()["production_root_public_key"].get<std::string>());
}

TEST(CertificateTest, IssuesTheChainOfTheVectors) {
  const Parts parts;
  EXPECT_EQ(issue_chain(parts.root.priv, parts.intermediate, parts.issuer.priv, parts.leaf,
                        ChainNonces{nonce("intermediate"), nonce("leaf")}),
            unhex(noise_vectors()["cert_chain"]["plaintext"]));
}

TEST(CertificateTest, AcceptsTheChainOfTheVectors) {
  const auto chain = verify_server(unhex(noise_vectors()["cert_chain"]["plaintext"]), root(), server(), kNow);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->leaf.serial, 17U);
  EXPECT_EQ(chain->leaf.issuer_serial, 3U);
  EXPECT_EQ(chain->leaf.key, server());
  EXPECT_EQ(chain->intermediate.serial, 3U);
  EXPECT_EQ(chain->intermediate.not_after, kLast);
}

TEST(CertificateTest, RefusesEveryBrokenChainOfTheVectors) {
  const auto& cases = noise_vectors()["cert_chain_negative"];
  ASSERT_EQ(cases.size(), 13U);
  for (const auto& c : cases) {
    SCOPED_TRACE(c["name"].get<std::string>());
    const auto result = verify_server(unhex(c["cert_chain"]), root(), server(), kNow);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), Errc::certificate_invalid);
  }
}

TEST(CertificateTest, RefusesTheChainUnderTheProductionRoot) {
  EXPECT_EQ(verify_server(Parts().issue(), kProductionNoiseRoot, server(), kNow).error(), Errc::certificate_invalid);
}

TEST(CertificateTest, RefusesOneWrongStatementEvenIfProperlySigned) {
  const std::pair<const char*, std::function<void(Parts&)>> changes[] = {
      {"intermediate issuer", [](Parts& p) { p.intermediate.issuer_serial = 1; }},
      {"leaf issuer", [](Parts& p) { p.leaf.issuer_serial = 4; }},
      {"leaf key", [](Parts& p) { p.leaf.key = vector_key("client_static").pub; }},
      {"leaf not yet valid", [](Parts& p) { p.leaf.not_before = kNow + 1; }},
      {"leaf expired", [](Parts& p) { p.leaf.not_after = kNow - 1; }},
      {"intermediate not yet valid", [](Parts& p) { p.intermediate.not_before = kNow + 1; }},
      {"intermediate expired", [](Parts& p) { p.intermediate.not_after = kNow - 1; }},
      {"foreign root", [](Parts& p) { p.root = crypto::generate_key_pair(); }},
      {"foreign intermediate key", [](Parts& p) { p.issuer = crypto::generate_key_pair(); }}};
  EXPECT_TRUE(verify_server(Parts().issue(), root(), server(), kNow));
  for (const auto& [name, change] : changes) {
    SCOPED_TRACE(name);
    Parts parts;
    change(parts);
    EXPECT_EQ(verify_server(parts.issue(), root(), server(), kNow).error(), Errc::certificate_invalid);
  }
}

TEST(CertificateTest, IsValidOnItsFirstAndLastSecond) {
  const Bytes chain = Parts().issue();
  EXPECT_FALSE(verify_server(chain, root(), server(), kFirst - 1));
  EXPECT_TRUE(verify_server(chain, root(), server(), kFirst));
  EXPECT_TRUE(verify_server(chain, root(), server(), kLast));
  EXPECT_FALSE(verify_server(chain, root(), server(), kLast + 1));
}

TEST(CertificateTest, RefusesAChainCutAnywhere) {
  const Bytes chain = Parts().issue();
  for (std::size_t cut = 0; cut < chain.size(); ++cut) {
    EXPECT_EQ(verify_server(ByteView(chain).first(cut), root(), server(), kNow).error(), Errc::certificate_invalid)
        << "cut at " << cut;
  }
}

TEST(CertificateTest, WritesTheIssuerOfTheIntermediateAlthoughItIsZero) {
  const std::string chain =
      to_hex(issue_server_identity(vector_key("cert_root").priv, vector_key("server_static"), kNow).chain);
  EXPECT_NE(chain.find("080110001a20"), std::string::npos);  // serial 1, issuer 0, key
}

TEST(CertificateTest, AServersOwnIdentityIsValidFromYesterdayForTenYears) {
  const auto identity = issue_server_identity(vector_key("cert_root").priv, crypto::generate_key_pair(), kNow);
  constexpr std::uint64_t kDay = 86'400;
  for (const std::uint64_t now : {kNow - kDay, kNow, kNow + 3'650 * kDay}) {
    EXPECT_TRUE(verify_server(identity.chain, root(), identity.static_key.pub, now)) << now;
  }
  EXPECT_FALSE(verify_server(identity.chain, root(), identity.static_key.pub, kNow - kDay - 1));
  EXPECT_FALSE(verify_server(identity.chain, root(), server(), kNow));
}

TEST(CertificateCacheTest, RemembersGoodChainsOnly) {
  CertificateCache cache;
  const Bytes chain = Parts().issue();
  Bytes broken = chain;
  broken.back() ^= 0x10;
  EXPECT_FALSE(cache.verify(broken, root()));
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_TRUE(cache.verify(chain, root()));
  EXPECT_TRUE(cache.verify(chain, root()));
  EXPECT_EQ(cache.size(), 1U);
  EXPECT_FALSE(cache.verify(chain, kProductionNoiseRoot));
  EXPECT_FALSE(cache.verify(broken, root()));
}

TEST(CertificateCacheTest, StillChecksTimeAndKeyEachTime) {
  CertificateCache cache;
  const Bytes chain = Parts().issue();
  ASSERT_TRUE(verify_server(chain, root(), server(), kNow, &cache));
  EXPECT_EQ(verify_server(chain, root(), server(), kLast + 1, &cache).error(), Errc::certificate_invalid);
  EXPECT_EQ(verify_server(chain, root(), vector_key("client_static").pub, kNow, &cache).error(),
            Errc::certificate_invalid);
}

TEST(CertificateCacheTest, ForgetsTheOldestBeyondItsBound) {
  CertificateCache cache(2);
  for (std::uint32_t serial = 1; serial <= 5; ++serial) {
    Parts parts;
    parts.leaf.serial = serial;
    EXPECT_TRUE(cache.verify(parts.issue(), root()));
    EXPECT_LE(cache.size(), 2U);
  }
}

}  // namespace
}  // namespace linekeeper::transport
