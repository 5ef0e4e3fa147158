#include "linekeeper/net/url.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/net/headers.hpp"

namespace linekeeper::net {
namespace {

TEST(UrlTest, TakesAWebSocketUrlApart) {
  const auto url = Url::parse("wss://web.whatsapp.com/ws/chat?ED=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "wss");
  EXPECT_TRUE(url->tls());
  EXPECT_EQ(url->host, "web.whatsapp.com");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/ws/chat?ED=1");
  EXPECT_EQ(url->authority(), "web.whatsapp.com");
}

TEST(UrlTest, KnowsEveryScheme) {
  for (const auto& [text, port, tls] : {std::tuple{"ws://h", 80, false},
                                        {"wss://h", 443, true},
                                        {"http://h", 80, false},
                                        {"https://h", 443, true},
                                        {"redis://h", 6379, false},
                                        {"rediss://h", 6379, true}}) {
    SCOPED_TRACE(text);
    const auto url = Url::parse(text);
    ASSERT_TRUE(url);
    EXPECT_EQ(url->port, port);
    EXPECT_EQ(url->tls(), tls);
    EXPECT_EQ(url->target, "/");
  }
}

TEST(UrlTest, DecodesUserAndPassword) {
  const auto url = Url::parse("rediss://us%65r:p%40ss%3Aword@Cache.Example:6380/2");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user, "user");
  EXPECT_EQ(url->password.reveal(), "p@ss:word");
  EXPECT_EQ(url->host, "cache.example");
  EXPECT_EQ(url->port, 6380);
  EXPECT_EQ(url->target, "/2");
  EXPECT_EQ(url->authority(), "cache.example:6380");
}

TEST(UrlTest, TakesAPasswordWithoutAUser) {
  const auto url = Url::parse("redis://:secret@127.0.0.1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->user, "");
  EXPECT_EQ(url->password.reveal(), "secret");
}

TEST(UrlTest, TakesIpv6InBrackets) {
  const auto url = Url::parse("http://[::1]:8080?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8080);
  EXPECT_EQ(url->target, "/?x=1");
  EXPECT_EQ(url->authority(), "[::1]:8080");
}

TEST(UrlTest, RefusesWhatIsNotExactlyAUrl) {
  for (const char* text : {"",
                           "ws",
                           "ws:",
                           "ws:/h",
                           "ws://",
                           "ws:///path",
                           "ftp://h",
                           "://h",
                           "ws://h:0",
                           "ws://h:65536",
                           "ws://h:",
                           "ws://h:80x",
                           "ws://h:+80",
                           "ws://h:000080",
                           "ws://a b/",
                           "ws://h/#top",
                           "ws://h/a b",
                           "ws://h/\r\nX: y",
                           "ws://[::1",
                           "ws://[::1]x",
                           "ws://[zz]/",
                           "ws://::1/",
                           "ws://us%6/er@h",
                           "ws://u%zz@h/",
                           "ws://u%4@h/",
                           "ws://h\\x/",
                           "ws://h_ä/",
                           "ws://.h/"}) {
    SCOPED_TRACE(text);
    const auto url = Url::parse(text);
    ASSERT_FALSE(url);
    EXPECT_EQ(url.error(), Errc::invalid_argument);
  }
}

TEST(HostPortTest, TakesAddressAndPort) {
  const auto v4 = HostPort::parse("127.0.0.1:0");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 0);
  const auto v6 = HostPort::parse("[::1]:8443");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 8443);
}

TEST(HostPortTest, RefusesAMissingPart) {
  for (const char* text : {"", "127.0.0.1", ":80", "127.0.0.1:", "::1:80", "127.0.0.1:99999"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(HostPort::parse(text));
  }
}

TEST(HeadersTest, FindsTokensInListsWithoutCase) {
  const Headers headers{{"connection", "keep-alive, Upgrade"}, {"X", "1"}};
  EXPECT_TRUE(has_token(headers, "Connection", "upgrade"));
  EXPECT_FALSE(has_token(headers, "Connection", "up"));
  EXPECT_EQ(find_header(headers, "x"), "1");
  EXPECT_EQ(find_header(headers, "y"), std::nullopt);
}

TEST(HeadersTest, RefusesLineBreaksInAField) {
  EXPECT_TRUE(is_valid_header({"X-A", "b c"}));
  EXPECT_FALSE(is_valid_header({"X-A", "b\r\nEvil: 1"}));
  EXPECT_FALSE(is_valid_header({"X A", "b"}));
  EXPECT_FALSE(is_valid_header({"", "b"}));
}

}  // namespace
}  // namespace linekeeper::net
