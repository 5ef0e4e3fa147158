#include "linekeeper/auth/key_ring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_dir.hpp"

namespace linekeeper::auth {
namespace {

const std::string kKey = to_base64(Bytes(32, 7));

std::string refusal(const std::variant<KeyRing, KeyRing::Refusal>& result) {
  const auto* refused = std::get_if<KeyRing::Refusal>(&result);
  return refused ? refused->text : "";
}

TEST(KeyRingTest, TheFirstKeySealsAndAllOpen) {
  const auto result = KeyRing::parse("# ours\n\nk2:" + kKey + "\r\nk1:" + to_base64(Bytes(32, 8)) + "\n");
  const auto& ring = std::get<KeyRing>(result);
  EXPECT_EQ(ring.first().id, "k2");
  ASSERT_TRUE(ring.find("k1"));
  EXPECT_EQ(ring.find("k1")->key.reveal()[0], 8);
  EXPECT_FALSE(ring.find("k3"));
}

TEST(KeyRingTest, NamesTheLineThatIsWrongAndNeverTheKey) {
  EXPECT_NE(refusal(KeyRing::parse("k1:" + kKey + "\nnonsense")).find("line 2"), std::string::npos);
  EXPECT_NE(refusal(KeyRing::parse("k1:" + to_base64(Bytes(31, 7)))).find("32 bytes"), std::string::npos);
  EXPECT_EQ(refusal(KeyRing::parse("k1:" + to_base64(Bytes(31, 7)))).find(to_base64(Bytes(30, 7))), std::string::npos);
  EXPECT_NE(refusal(KeyRing::parse("k1:" + kKey + "\nk1:" + kKey)).find("repeats"), std::string::npos);
  EXPECT_NE(refusal(KeyRing::parse("a b:" + kKey)), "");
  EXPECT_NE(refusal(KeyRing::parse("")), "");
}

TEST(KeyRingTest, RefusesAFileThatEverybodyMayReadAlsoBehindALink) {
  test::TempDir dir;
  const std::string file = dir.write("ring", "k1:" + kKey);
  EXPECT_EQ(refusal(KeyRing::load(file)), "");
  const std::string link = (dir.path() / "link").string();
  std::filesystem::create_symlink(file, link);
  EXPECT_EQ(refusal(KeyRing::load(link)), "");
  std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  EXPECT_NE(refusal(KeyRing::load(file)).find("chmod 600"), std::string::npos);
  EXPECT_NE(refusal(KeyRing::load(link)).find("chmod 600"), std::string::npos);
  EXPECT_NE(refusal(KeyRing::load(dir.path() / "none")), "");
  EXPECT_NE(refusal(KeyRing::load(dir.path())), "");
}

TEST(KeyRingTest, SuggestsALineThatMakesAFileItAccepts) {
  test::TempDir dir;
  const std::string path = (dir.path() / "ring").string();
  ASSERT_EQ(std::system(KeyRing::suggestion(path).c_str()), 0);
  EXPECT_EQ(refusal(KeyRing::load(path)), "");
}

}  // namespace
}  // namespace linekeeper::auth
