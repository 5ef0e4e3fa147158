#include <gtest/gtest.h>

#include "linekeeper/node/codec.hpp"

namespace linekeeper::transport {
namespace {

TEST(EncodeTest, AppendsBehindWhatIsThere) {
  Bytes out = {1, 2, 3};
  encode_to(out, Node("ping"));
  EXPECT_EQ(to_hex(out),
            "010203"
            "00f80156");
}

TEST(EncodeTest, AddressesOfHostedAndForeignUsersUseTheirOwnForms) {
  const auto wire = [](const char* jid) { return to_hex(encode(Node("iq").with("to", *Jid::parse(jid)))); };
  EXPECT_EQ(wire("15550001234@hosted"), "00f8031911f78000ff8615550001234f");
  EXPECT_EQ(wire("123456789012345:5@msgr"), "00f8031911f6ff88123456789012345f0005cc");
  EXPECT_EQ(wire("7-123456789012345:5@interop"), "00f8031911f5ff88123456789012345f00050007fc07696e7465726f70");
}

TEST(EncodeTest, TextWithAnAtSignStaysText) {
  const Bytes wire = encode(Node("presence").with("name", "a@b"));
  EXPECT_EQ(to_hex(wire), "00f8031f89fc03614062");
}

TEST(EncodeTest, WhatHasNoWireFormThrows) {
  EXPECT_THROW(encode(Node("")), std::invalid_argument);
  EXPECT_THROW(encode(Node("a").with("", "x")), std::invalid_argument);
  EXPECT_THROW(encode(Node("a").with("to", Jid{"1", Server::pn, 256, 0})), std::invalid_argument);
  EXPECT_THROW(encode(Node("a").with("to", Jid{"1", Server::group, 1, 0})), std::invalid_argument);
  EXPECT_THROW(encode(Node("a").add_all(std::vector<Node>(65536, Node("b")))), std::invalid_argument);
}

}  // namespace
}  // namespace linekeeper::transport
