#include "linekeeper/telemetry/log.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

namespace linekeeper::telemetry {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

struct Lines {
  std::vector<std::string> lines;
  Log::Options options() {
    Log::Options options;
    options.sink = [this](std::string_view line) { lines.emplace_back(line); };
    return options;
  }
};

template <typename T>
concept Loggable = std::constructible_from<Field, std::string_view, T>;
static_assert(Loggable<std::string>);
static_assert(Loggable<std::uint64_t>);
static_assert(!Loggable<Secret<std::string>>);
static_assert(!Loggable<SecretKey32>);
static_assert(!Loggable<SecretBytes>);
static_assert(!Loggable<Bytes>);
static_assert(!Loggable<Key32>);

TEST(LogTest, WritesOneJsonObjectALineWithTypedFields) {
  Lines seen;
  Log log(seen.options());
  log.info("line connected", {{"session", "shop"},
                              {"token", std::uint64_t{7}},
                              {"took_ms", 12ms},
                              {"ratio", 0.5},
                              {"repeated", true},
                              {"delta", -3}});
  ASSERT_EQ(seen.lines.size(), 1U);
  const auto json = nlohmann::json::parse(seen.lines[0]);
  EXPECT_EQ(json["msg"], "line connected");
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(json["session"], "shop");
  EXPECT_EQ(json["token"], 7);
  EXPECT_EQ(json["took_ms"], 12);
  EXPECT_EQ(json["ratio"], 0.5);
  EXPECT_EQ(json["repeated"], true);
  EXPECT_EQ(json["delta"], -3);
  EXPECT_THAT(json["ts"].get<std::string>(), testing::MatchesRegex("2[0-9]+-..-..T..:..:..\\....Z"));
}

TEST(LogTest, StaysOneValidJsonLineWhateverTheTextHolds) {
  Lines seen;
  Log log(seen.options());
  using namespace std::string_literals;
  const std::string nasty = "\"\\\n\r\t\x01\x7f\xff\xc3 \xed\xa0\x80 \xe2\x82\xac\0z"s;
  log.info("odd text", {{"text", nasty}});
  ASSERT_EQ(seen.lines.size(), 1U);
  EXPECT_THAT(seen.lines[0], Not(HasSubstr("\n")));
  const auto json = nlohmann::json::parse(seen.lines[0]);
  EXPECT_THAT(json["text"].get<std::string>(), HasSubstr("€"));
}

TEST(LogTest, KeepsLinesShortEnoughForAPipeToTakeThemWhole) {
  Lines seen;
  Log log(seen.options());
  const std::string longest(100'000, '\x01');
  log.info("long", {{"a", longest}, {"b", longest}, {"c", 1}});
  ASSERT_EQ(seen.lines.size(), 1U);
  EXPECT_LT(seen.lines[0].size(), 4096U);
  EXPECT_EQ(nlohmann::json::parse(seen.lines[0])["cut"], true);
}

TEST(LogTest, PrintsIdentifiersAsAKeyedHashThatIsEqualForEqualKeys) {
  Lines first;
  Lines second;
  Lines other;
  for (auto [lines, key] : {std::pair{&first, 1}, std::pair{&second, 1}, std::pair{&other, 2}}) {
    auto options = lines->options();
    options.identifier_key = SecretBytes(Bytes(32, static_cast<std::uint8_t>(key)));
    Log log(std::move(options));
    log.info("message sent", {identifier("to", "491701234567")});
  }
  EXPECT_THAT(first.lines[0], Not(HasSubstr("491701234567")));
  const auto hash = [](const Lines& lines) { return nlohmann::json::parse(lines.lines[0])["to"].get<std::string>(); };
  EXPECT_THAT(hash(first), testing::MatchesRegex("#[0-9a-f]+"));
  EXPECT_EQ(hash(first), hash(second));
  EXPECT_NE(hash(first), hash(other));
}

TEST(LogTest, PrintsIdentifiersPlainWhenToldTo) {
  Lines seen;
  auto options = seen.options();
  options.identifiers = true;
  Log log(std::move(options));
  log.info("message sent", {identifier("to", "491701234567")});
  EXPECT_THAT(seen.lines[0], HasSubstr("491701234567"));
}

TEST(LogTest, LeavesOutWhatIsBelowItsLevel) {
  Lines seen;
  auto options = seen.options();
  options.level = Level::warn;
  Log log(std::move(options));
  log.info("not this");
  log.warn("this");
  ASSERT_EQ(seen.lines.size(), 1U);
  EXPECT_THAT(seen.lines[0], HasSubstr("this"));
  EXPECT_FALSE(log.enabled(Level::info));
}

TEST(LogTest, CountsRepeatedWarningsInsteadOfWritingThem) {
  Lines seen;
  Log log(seen.options());
  for (int i = 0; i < 100; ++i)
    log.warn("again", {{"i", i}});
  for (int i = 0; i < 100; ++i)
    log.info("information", {{"i", i}});
  EXPECT_EQ(seen.lines.size(), 120U);
}

TEST(LogTest, WritesTextWithTheSameFields) {
  Lines seen;
  auto options = seen.options();
  options.json = false;
  Log log(std::move(options));
  log.error("it broke", {{"session", "shop"}, {"code", "NETWORK"}});
  EXPECT_THAT(seen.lines[0], HasSubstr(" error it broke session=\"shop\" code=\"NETWORK\""));
}

TEST(LogTest, DropsLinesInsteadOfWaitingForAStuckPipe) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  Log::Options options;
  options.fd = ends[1];
  Log log(std::move(options));
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 5000; ++i)
    log.info("nobody reads this", {{"i", i}});
  EXPECT_GT(log.dropped(), 0U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace linekeeper::telemetry
