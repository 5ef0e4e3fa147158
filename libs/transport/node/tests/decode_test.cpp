#include <gtest/gtest.h>
#include <zlib.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/node/codec.hpp"

namespace linekeeper::transport {
namespace {

Bytes compressed(ByteView body) {
  uLongf size = compressBound(body.size());
  Bytes out(1 + size);
  out[0] = 2;
  if (compress(out.data() + 1, &size, body.data(), body.size()) != Z_OK) throw std::runtime_error("zlib");
  out.resize(1 + size);
  return out;
}

/// `<enc>` with content so long that all node bytes together are `total`.
Bytes node_of(std::size_t total) {
  const Bytes wire = encode(Node("enc").holding(Bytes(total - 8, 0x5a)));
  return {wire.begin() + 1, wire.end()};
}

Node nested(std::size_t depth) {
  Node node("a");
  for (std::size_t i = 1; i < depth; ++i)
    node = Node("a").add(std::move(node));
  return node;
}

TEST(DecodeTest, InflatesUpToTheBoundAndNotBeyond) {
  ASSERT_EQ(node_of(kMaxInflated).size(), kMaxInflated);
  EXPECT_TRUE(decode(compressed(node_of(kMaxInflated))).has_value());
  EXPECT_EQ(decode(compressed(node_of(kMaxInflated + 1))).error(), Errc::malformed_node);
}

TEST(DecodeTest, BytesAfterTheCompressedStreamAreRefused) {
  Bytes wire = compressed(as_bytes("\xf8\x01\x56"));
  EXPECT_TRUE(decode(wire).has_value());
  wire.push_back(0);
  EXPECT_TRUE(decode(wire).has_error());
}

TEST(DecodeTest, DepthIsBounded) {
  EXPECT_TRUE(decode(encode(nested(kMaxDepth))).has_value());
  EXPECT_TRUE(decode(encode(nested(kMaxDepth + 1))).has_error());
}

TEST(DecodeTest, TheNumberOfNodesAndAttributesIsBounded) {
  const auto lists = [](std::size_t count) {
    Node root("a");
    for (std::size_t i = 0; i < count; ++i)
      root.add(Node("a").add_all(std::vector<Node>(1023, Node("a"))));
    return root;
  };
  EXPECT_TRUE(decode(encode(lists(255))).has_value());
  EXPECT_TRUE(decode(encode(lists(256))).has_error());
}

TEST(DecodeTest, RepeatedAttributesAreRefusedInLongListsToo) {
  Node node("a");
  for (int i = 0; i < 2000; ++i)
    node.with("k" + std::to_string(i), i);
  EXPECT_TRUE(decode(encode(node)).has_value());
  node.with("k7", "again");
  EXPECT_TRUE(decode(encode(node)).has_error());
}

TEST(DecodeTest, APairThatIsNoAddressComesBackAsItsText) {
  // What a peer without a type for addresses makes of `2@abc` and of a device in a pair.
  const auto unknown_server = decode(from_hex("00f8031906fafc0132fc03616263").value());
  ASSERT_TRUE(unknown_server.has_value());
  EXPECT_EQ(std::get<std::string>(unknown_server->attrs[0].value), "2@abc");
  const auto colon = decode(from_hex("00f8031906fafc03313a3203").value());
  ASSERT_TRUE(colon.has_value());
  EXPECT_EQ(std::get<std::string>(colon->attrs[0].value), "1:2@s.whatsapp.net");
  EXPECT_EQ(colon->jid("from")->device, 2);
}

TEST(DecodeTest, ContentThatIsTextWithoutAShortFormIsBytesAndReadsBackTheSame) {
  // A pair that is no address, 254 packed digits, and none.
  for (const std::string& content :
       {std::string("faff8615550001234f83"), "ff7f" + std::string(254, '1'), std::string("ff00")}) {
    SCOPED_TRACE(content.substr(0, 20));
    const auto node = decode(from_hex("00f8020e" + content).value());
    ASSERT_TRUE(node.has_value());
    EXPECT_TRUE(std::holds_alternative<Bytes>(node->content));
    const auto again = decode(encode(*node));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(*again, *node);
  }
}

TEST(DecodeTest, UsersWithSeparatorsAreRefusedInDeviceForms) {
  EXPECT_TRUE(decode(from_hex("00f8031906f70001fc03313a32").value()).has_error());
}

TEST(DecodeTest, OverlongAndSurrogateUtf8IsRefused) {
  for (const auto* text : {"c080", "e08080", "eda080", "f08080af", "f4908080", "80", "c2", "e282", "f8888080"}) {
    Bytes wire = from_hex("00f8031908fc").value();
    const Bytes raw = from_hex(text).value();
    wire.push_back(static_cast<std::uint8_t>(raw.size()));
    append(wire, raw);
    EXPECT_TRUE(decode(wire).has_error()) << text;
  }
}

}  // namespace
}  // namespace linekeeper::transport
