#include <gtest/gtest.h>
#include <openssl/sha.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/node/codec.hpp"
#include "vectors.hpp"

namespace linekeeper::transport {
namespace {

using vectors::Vector;

const auto kName = [](const auto& info) { return vectors::test_name(info.param.name()); };

/// The one case where the recorded peer writes a form that we only read: an explicit device 0.
Bytes our_encoding(const Vector& vector) {
  return vectors::hex(vector.data.at(vector.name() == "jid-ad-pn-device-0-explicit" ? "whatsmeow" : "hex"));
}

void expect_refused_at_every_cut(const Bytes& whole) {
  for (std::size_t cut = 0; cut < whole.size(); ++cut) {
    // A copy of exactly this size, so that the address sanitizer sees a read beyond it.
    const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut));
    const auto node = decode(part);
    ASSERT_TRUE(node.has_error()) << "cut at " << cut;
    ASSERT_EQ(node.error(), Errc::malformed_node) << "cut at " << cut;
  }
}

class RoundTrip : public testing::TestWithParam<Vector> {};

TEST_P(RoundTrip, EncodesAsPeersDo) {
  EXPECT_EQ(to_hex(encode(vectors::node_from(GetParam().data.at("node")))), to_hex(our_encoding(GetParam())));
}

TEST_P(RoundTrip, DecodesWhatPeersWrite) {
  const auto node = decode(vectors::hex(GetParam().data.at("hex")));
  ASSERT_TRUE(node.has_value());
  if (GetParam().data.contains("decoded")) {
    EXPECT_EQ(vectors::with_printed_addresses(*node),
              vectors::with_printed_addresses(vectors::node_from(GetParam().data["decoded"])));
  } else {
    EXPECT_EQ(*node, vectors::node_from(GetParam().data.at("node")));
  }
}

TEST_P(RoundTrip, RefusesItCutAtEveryByte) {
  expect_refused_at_every_cut(vectors::hex(GetParam().data.at("hex")));
}

TEST_P(RoundTrip, RefusesItWithOneByteMore) {
  Bytes more = vectors::hex(GetParam().data.at("hex"));
  more.push_back(0);
  EXPECT_TRUE(decode(more).has_error());
}

INSTANTIATE_TEST_SUITE_P(Nodes, RoundTrip, testing::ValuesIn(vectors::all("nodes.json")), kName);

class DecodeOnly : public testing::TestWithParam<Vector> {};

TEST_P(DecodeOnly, ReadsAsWeDecided) {
  const auto& data = GetParam().data;
  const auto ours = data.at("ours").get<std::string>();
  const auto node = decode(vectors::hex(data.at("hex")));
  if (ours == "reject") {
    ASSERT_TRUE(node.has_error());
    EXPECT_EQ(node.error(), Errc::malformed_node);
    return;
  }
  ASSERT_TRUE(node.has_value());
  Node expected = vectors::node_from(data.at("node"));
  const std::string override_prefix = "decode with from = ";
  if (ours.starts_with(override_prefix)) {
    expected.attrs.at(0).value = ours.substr(override_prefix.size());
  } else {
    ASSERT_EQ(ours, "as node");
  }
  EXPECT_EQ(vectors::with_printed_addresses(*node), vectors::with_printed_addresses(expected));
  const auto again = decode(encode(*node));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, *node);
}

TEST_P(DecodeOnly, RefusesItCutAtEveryByte) {
  expect_refused_at_every_cut(vectors::hex(GetParam().data.at("hex")));
}

INSTANTIATE_TEST_SUITE_P(Nodes, DecodeOnly, testing::ValuesIn(vectors::all("nodes-decode.json")), kName);

class Malformed : public testing::TestWithParam<Vector> {};

TEST_P(Malformed, IsRefused) {
  const auto node = decode(vectors::hex(GetParam().data.at("hex")));
  ASSERT_TRUE(node.has_error()) << GetParam().data.at("reason");
  EXPECT_EQ(node.error(), Errc::malformed_node);
}

INSTANTIATE_TEST_SUITE_P(Nodes, Malformed, testing::ValuesIn(vectors::all("nodes-malformed.json")), kName);

class Large : public testing::TestWithParam<Vector> {};

TEST_P(Large, EncodesAsPeersDoAndComesBack) {
  const auto& data = GetParam().data;
  const Node node = vectors::node_from(data.at("node"));
  const Bytes wire = encode(node);
  const Bytes head = vectors::hex(data.at("hex_head"));
  const Bytes tail = vectors::hex(data.at("hex_tail"));
  ASSERT_EQ(wire.size(), data.at("hex_len").get<std::size_t>());
  EXPECT_TRUE(std::equal(head.begin(), head.end(), wire.begin()));
  EXPECT_TRUE(std::equal(tail.rbegin(), tail.rend(), wire.rbegin()));
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(wire.data(), wire.size(), digest.data());
  EXPECT_EQ(to_hex(digest), data.at("sha256").get<std::string>());
  const auto back = decode(wire);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back, node);
}

INSTANTIATE_TEST_SUITE_P(Nodes, Large, testing::ValuesIn(vectors::all("nodes-large.json")), kName);

TEST(NodeVectors, AreAllThere) {
  EXPECT_EQ(vectors::all("nodes.json").size(), 96U);
  EXPECT_EQ(vectors::all("nodes-decode.json").size(), 26U);
  EXPECT_EQ(vectors::all("nodes-malformed.json").size(), 64U);
  EXPECT_EQ(vectors::all("nodes-large.json").size(), 2U);
}

}  // namespace
}  // namespace linekeeper::transport
