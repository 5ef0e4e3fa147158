#include "parse.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace linekeeper::settings {
namespace {

using namespace std::chrono_literals;

Setting of(Type type, std::vector<std::string> choices = {}) {
  return {
      .name = "x", .type = type, .fallback = "", .programs = kAllPrograms, .group = "", .help = "", .choices = choices};
}

template <typename T>
std::optional<T> read(const Setting& setting, std::string_view text) {
  const auto parsed = parse(setting, text);
  const auto* value = std::get_if<Value>(&parsed);
  return value == nullptr ? std::nullopt : std::optional(std::get<T>(*value));
}

bool refused(const Setting& setting, std::string_view text) {
  return std::holds_alternative<Refusal>(parse(setting, text));
}

TEST(ParseTest, DurationsTakeAWholeNumberAndAUnit) {
  const Setting duration = of(Type::duration);
  using Ms = std::chrono::milliseconds;
  EXPECT_EQ(read<Ms>(duration, "500ms"), 500ms);
  EXPECT_EQ(read<Ms>(duration, "15s"), 15s);
  EXPECT_EQ(read<Ms>(duration, "10m"), 10min);
  EXPECT_EQ(read<Ms>(duration, "2h"), 2h);
  EXPECT_EQ(read<Ms>(duration, "7d"), 168h);
  for (const auto* wrong :
       {"15", "s", "1.5s", "-1s", "15 s", "15S", "99999999999999999999s", "18446744073709551615s", "99999999d"}) {
    EXPECT_TRUE(refused(duration, wrong)) << wrong;
  }
}

TEST(ParseTest, RatesAreCountedPerSecondAndOffMeansNoLimit) {
  const Setting rate = of(Type::rate);
  EXPECT_DOUBLE_EQ(*read<double>(rate, "50/s"), 50);
  EXPECT_DOUBLE_EQ(*read<double>(rate, "2.5/s"), 2.5);
  EXPECT_DOUBLE_EQ(*read<double>(rate, "30/m"), 0.5);
  EXPECT_TRUE(std::isinf(*read<double>(rate, "off")));
  for (const auto* wrong : {"50", "/s", "0/s", "-1/s", "1/d", "nan/s", "inf/s", "1e9/s", "1/s "}) {
    EXPECT_TRUE(refused(rate, wrong)) << wrong;
  }
}

TEST(ParseTest, SizesTakeBinaryUnits) {
  const Setting size = of(Type::bytes);
  EXPECT_EQ(read<std::uint64_t>(size, "65536"), 65536U);
  EXPECT_EQ(read<std::uint64_t>(size, "64KiB"), 65536U);
  EXPECT_EQ(read<std::uint64_t>(size, "16M"), 16U << 20);
  for (const auto* wrong : {"1kb", "KiB", "-1", "99999999999GiB"})
    EXPECT_TRUE(refused(size, wrong)) << wrong;
}

TEST(ParseTest, BoundsAreKeptAndNamed) {
  Setting count = of(Type::count);
  count.least = 1;
  count.most = 256;
  EXPECT_EQ(read<std::uint64_t>(count, "256"), 256U);
  for (const auto* wrong : {"0", "257", "", " 1", "0x10", "1.0"})
    EXPECT_TRUE(*wrong == 0 || refused(count, wrong)) << wrong;
  EXPECT_EQ(allowed_values(count), "a whole number, at least 1, at most 256");
  Setting duration = of(Type::duration);
  duration.least = 1000;
  duration.most = 600'000;
  EXPECT_EQ(allowed_values(duration), "a duration such as 500ms, 15s, 10m, 2h, at least 1s, at most 10m");
}

TEST(ParseTest, FlagsTakeTheUsualWords) {
  for (const auto* yes : {"on", "true", "yes", "1"})
    EXPECT_EQ(read<bool>(of(Type::flag), yes), true) << yes;
  for (const auto* no : {"off", "false", "no", "0"})
    EXPECT_EQ(read<bool>(of(Type::flag), no), false) << no;
  EXPECT_TRUE(refused(of(Type::flag), "maybe"));
}

TEST(ParseTest, UrlsNeedOneOfTheirSchemes) {
  const Setting url = of(Type::url, {"redis", "rediss"});
  EXPECT_EQ(read<std::string>(url, "rediss://u:p@host:1/0"), "rediss://u:p@host:1/0");
  for (const auto* wrong : {"http://host", "redis:host", "redis://", "host", "redis://a b"})
    EXPECT_TRUE(refused(url, wrong)) << wrong;
}

TEST(ParseTest, AddressesNeedAPort) {
  for (const auto* right : {"127.0.0.1:9100", "localhost:0", "[::1]:80", "0.0.0.0:65535"}) {
    EXPECT_EQ(read<std::string>(of(Type::address), right), right);
  }
  for (const auto* wrong : {"127.0.0.1", ":80", "::1:80", "host:65536", "host:", "http://host:80"}) {
    EXPECT_TRUE(refused(of(Type::address), wrong)) << wrong;
  }
}

TEST(ParseTest, KeysAreSixtyFourHexDigits) {
  EXPECT_EQ((*read<Key32>(of(Type::hex32), std::string(64, 'a')))[31], 0xaa);
  EXPECT_TRUE(refused(of(Type::hex32), std::string(62, 'a')));
  EXPECT_TRUE(refused(of(Type::hex32), std::string(64, 'g')));
}

TEST(ParseTest, NothingWrittenMeansNotSet) {
  for (const Type type : {Type::text, Type::count, Type::duration, Type::url, Type::hex32, Type::address}) {
    const auto parsed = parse(of(type), "");
    EXPECT_TRUE(std::holds_alternative<std::monostate>(std::get<Value>(parsed)));
  }
}

}  // namespace
}  // namespace linekeeper::settings
