#include "access/access_list.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::control {
namespace {

std::string digest(const std::string& token) {
  return "sha256:" + to_hex(crypto::sha256(as_bytes(token)));
}

AccessList list(const std::string& text) {
  auto parsed = AccessList::parse(text);
  if (const auto* refusal = std::get_if<AccessList::Refusal>(&parsed)) throw std::runtime_error(refusal->text);
  return std::get<AccessList>(std::move(parsed));
}

std::string refused(const std::string& text) {
  const auto parsed = AccessList::parse(text);
  const auto* refusal = std::get_if<AccessList::Refusal>(&parsed);
  return refusal == nullptr ? "" : refusal->text;
}

TEST(AccessListTest, KnowsTokensByTheirDigestAndCertificatesByTheirName) {
  const auto access =
      list("# people\n\nada " + digest("t0ken") + " operate,send shop-,kiosk-\r\nops cert:ops.example.org admin");
  const auto ada = access.by_token("t0ken");
  ASSERT_TRUE(ada);
  EXPECT_EQ(ada->name, "ada");
  EXPECT_TRUE(ada->may(Role::read) && ada->may(Role::operate) && ada->may(Role::send));
  EXPECT_FALSE(ada->may(Role::admin));
  EXPECT_TRUE(ada->sees("shop-1") && ada->sees("kiosk-"));
  EXPECT_FALSE(ada->sees("bank-1") || ada->sees("sho"));
  const auto ops = access.by_certificate("ops.example.org");
  ASSERT_TRUE(ops);
  EXPECT_TRUE(ops->may(Role::admin) && ops->may(Role::send) && ops->sees("anything"));
}

TEST(AccessListTest, KnowsNobodyElse) {
  const auto access = list("ada " + digest("t0ken") + " read");
  for (const char* token : {"", "t0ke", "t0ken ", "T0KEN"})
    EXPECT_FALSE(access.by_token(token)) << token;
  EXPECT_FALSE(access.by_certificate("ada"));
  EXPECT_FALSE(access.by_certificate(""));
}

TEST(AccessListTest, NamesTheLineThatIsWrongAndNeverTheCredential) {
  EXPECT_EQ(refused(""), "it names nobody");
  const std::string lines[] = {std::string("ada"),
                               "ada " + digest("t"),
                               "ada sha256:beef read",
                               "ada t0ken read",
                               "ada cert: read",
                               "ada " + digest("t") + " everything",
                               "ada " + digest("t") + " read a b"};
  for (const std::string& line : lines) {
    const std::string why = refused("\n" + line);
    EXPECT_TRUE(why.starts_with("line 2: ")) << line << ": " << why;
    EXPECT_EQ(why.find("t0ken"), std::string::npos);
    EXPECT_EQ(why.find("beef"), std::string::npos);
  }
}

}  // namespace
}  // namespace linekeeper::control
