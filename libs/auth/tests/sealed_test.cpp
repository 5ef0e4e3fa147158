#include "linekeeper/auth/sealed.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::auth {
namespace {

KeyRing::Key key(std::string id, std::uint8_t fill) {
  Key32 bytes{};
  bytes.fill(fill);
  return {std::move(id), SecretKey32(bytes)};
}
const Bytes kSalt(16, 1);
const Bytes kPlain = to_bytes("ratchet");

TEST(SealerTest, OpensWhatItSealedAndNeverSealsTwiceAlike) {
  const Sealer sealer(key("k1", 1), "shop", kSalt);
  EXPECT_EQ(*sealer.open("f", sealer.seal("f", kPlain)), kPlain);
  EXPECT_NE(sealer.seal("f", kPlain), sealer.seal("f", kPlain));
  EXPECT_EQ(*sealer.open_field("f", sealer.seal_field("f", {})), Bytes());
}

TEST(SealerTest, BindsSessionFieldSaltAndKey) {
  const Sealer sealer(key("k1", 1), "shop", kSalt);
  const Bytes value = sealer.seal("f", kPlain);
  EXPECT_EQ(sealer.open("g", value).error(), Errc::decrypt_failed);
  EXPECT_EQ(Sealer(key("k1", 1), "cafe", kSalt).open("f", value).error(), Errc::decrypt_failed);
  EXPECT_EQ(Sealer(key("k1", 1), "shop", Bytes(16, 2)).open("f", value).error(), Errc::decrypt_failed);
  EXPECT_EQ(Sealer(key("k1", 2), "shop", kSalt).open("f", value).error(), Errc::decrypt_failed);
  EXPECT_EQ(Sealer(key("k2", 1), "shop", kSalt).open("f", value).error(), Errc::unknown_key);
}

TEST(SealerTest, RefusesAValueCutOrChangedAtAnyByte) {
  const Sealer sealer(key("k1", 1), "shop", kSalt);
  const Bytes value = sealer.seal("f", kPlain);
  for (std::size_t i = 0; i < value.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_FALSE(sealer.open("f", ByteView(value).first(i)));
    Bytes changed = value;
    changed[i] ^= 1;
    EXPECT_FALSE(sealer.open("f", changed));
  }
  Bytes newer = value;
  newer[0] = Sealer::kVersion + 1;
  EXPECT_EQ(sealer.open("f", newer).error(), Errc::unsupported_version);
  EXPECT_EQ(sealer.open("f", {}).error(), Errc::malformed_value);
}

TEST(SealerTest, AFieldUnderAnothersNameIsNotOpened) {
  const Sealer sealer(key("k1", 1), "shop", kSalt);
  const Bytes value = sealer.seal_field("sess/49123", kPlain);
  EXPECT_FALSE(sealer.open_field("sess/49999", value));
  EXPECT_EQ(sealer.stored_name("sess/49123").size(), 16u);
  EXPECT_NE(sealer.stored_name("sess/49123"), Sealer(key("k1", 2), "shop", kSalt).stored_name("sess/49123"));
  EXPECT_EQ(sealer.open_stored(sealer.stored_name("sess/49123"), value)->field, "sess/49123");
}

TEST(SealerTest, TheRingOpensWhatAnyOfItsKeysSealed) {
  const KeyRing ring({key("k2", 2), key("k1", 1)});
  const Bytes old = Sealer(key("k1", 1), "shop", {}).seal("f", kPlain);
  EXPECT_EQ(*key_id_of(old), "k1");
  EXPECT_EQ(*open_with(ring, "shop", {}, "f", old), kPlain);
  EXPECT_EQ(open_with(KeyRing({key("k3", 3)}), "shop", {}, "f", old).error(), Errc::unknown_key);
}

}  // namespace
}  // namespace linekeeper::auth
