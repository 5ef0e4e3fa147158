#include "hooks/hook.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "support/temp_dir.hpp"

namespace linekeeper::control {
namespace {

using testing::HasSubstr;

constexpr std::string_view kSecret = "0123456789abcdef";

std::string with(const std::string& fields) {
  return R"({"endpoints":[{"id":"crm","url":"https://crm.example.org/hook/token?x=1",)" + fields + "}]}";
}

/// What is wrong with it; empty if nothing is.
std::string wrong(const std::string& text) {
  const auto parsed = parse_hooks(text, "/nowhere");
  const auto* refused = std::get_if<HookRefusal>(&parsed);
  return refused == nullptr ? "" : refused->text;
}

TEST(HookTest, TakesWhatIsGivenAndTheRestByDefault) {
  const auto parsed = parse_hooks(
      with(R"("secret":"0123456789abcdef","events":["connection","message.inbound"],"sessionPrefix":"shop-",)"
           R"("headers":{"Authorization":"Bearer x"},"concurrency":2,"since":"2026-01-31T12:00:00Z")"),
      "");
  ASSERT_TRUE(std::holds_alternative<std::vector<Hook>>(parsed)) << std::get<HookRefusal>(parsed).text;
  const Hook& hook = std::get<0>(parsed).at(0);
  EXPECT_EQ(hook.id, "crm");
  EXPECT_EQ(hook.url.target, "/hook/token?x=1");
  EXPECT_EQ(hook.origin(), "https://crm.example.org") << "paths hold tokens";
  ASSERT_EQ(hook.secrets.size(), 1U);
  EXPECT_EQ(hook.secrets[0].reveal(), kSecret);
  EXPECT_TRUE(hook.connection && hook.inbound && !hook.outbound && !hook.pairing && !hook.repeated);
  EXPECT_EQ(hook.session_prefix, "shop-");
  EXPECT_EQ(hook.concurrency, 2U);
  EXPECT_EQ(hook.since->time_since_epoch(), std::chrono::seconds(1769860800));

  const auto least = parse_hooks(with(R"("secret":"0123456789abcdef")"), "");
  const Hook& all = std::get<0>(least).at(0);
  EXPECT_TRUE(all.connection && all.inbound && all.outbound);
}

TEST(HookTest, ReadsSecretsFromAFileOneALine) {
  const test::TempDir folder;
  const std::string path = folder.write("secret", "new-0123456789abcdef\r\n\nold-0123456789abcdef\n");
  const auto parsed = parse_hooks(with(R"("secretFile":"secret")"), folder.path());
  ASSERT_TRUE(std::holds_alternative<std::vector<Hook>>(parsed)) << std::get<HookRefusal>(parsed).text;
  const Hook& hook = std::get<0>(parsed).at(0);
  ASSERT_EQ(hook.secrets.size(), 2U);
  EXPECT_EQ(hook.secrets[1].reveal(), "old-0123456789abcdef");

  std::filesystem::permissions(path, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const auto open = parse_hooks(with(R"("secretFile":"secret")"), folder.path());
  EXPECT_THAT(std::get<HookRefusal>(open).text, HasSubstr("may be read by everybody"));
}

TEST(HookTest, RefusesByNameWhatCannotWork) {
  EXPECT_THAT(wrong("{"), HasSubstr("is not JSON"));
  EXPECT_THAT(wrong(R"({"endpoints":{}})"), HasSubstr("is not JSON of the form"));
  EXPECT_THAT(wrong(with(R"("secret":"0123456789abcdef","event":[])")), HasSubstr("`event`"));
  EXPECT_THAT(wrong(with(R"("secret":"short")")), HasSubstr("less than 16"));
  EXPECT_THAT(wrong(with(R"("pairing":true)")), HasSubstr("either `secret` or `secretFile`"));
  EXPECT_THAT(wrong(with(R"("secretFile":"none")")), HasSubstr("/nowhere/none cannot be read"));
  EXPECT_THAT(wrong(with(R"("secret":"0123456789abcdef","events":["status"])")), HasSubstr("names an event"));
  EXPECT_THAT(wrong(with(R"("secret":"0123456789abcdef","headers":{"linekeeper-signature":"x"})")),
              HasSubstr("ours to set"));
  EXPECT_THAT(wrong(with(R"("secret":"0123456789abcdef","headers":{"a":"b\nc"})")), HasSubstr("header `a`"));
  EXPECT_THAT(wrong(with(R"("secret":"0123456789abcdef","concurrency":0)")), HasSubstr("`concurrency`"));
  EXPECT_THAT(wrong(with(R"("secret":"0123456789abcdef","since":"yesterday")")), HasSubstr("`since`"));
  const std::string one = R"({"id":"a","url":"http://h/","secret":"0123456789abcdef"})";
  EXPECT_THAT(wrong("{\"endpoints\":[" + one + "," + one + "]}"), HasSubstr("twice"));
  const auto url = [](const std::string& text) {
    return wrong(R"({"endpoints":[{"id":"a","url":")" + text + R"(","secret":"0123456789abcdef"}]})");
  };
  EXPECT_EQ(url("http://h/"), "");
  for (const char* bad : {"", "h", "file:///etc/passwd", "ftp://h/", "redis://h/", "http://"})
    EXPECT_THAT(url(bad), HasSubstr("http or https")) << bad;
  EXPECT_THAT(url("https://u:p@h/"), HasSubstr("Authorization"));
}

TEST(HookTest, SecretsOfPairingNeverGoInTheClear) {
  const auto url = [](const std::string& text) {
    return wrong(R"({"endpoints":[{"id":"a","url":")" + text + R"(","secret":"0123456789abcdef","pairing":true}]})");
  };
  EXPECT_THAT(url("http://crm.example.org/"), HasSubstr("use https"));
  EXPECT_EQ(url("https://crm.example.org/"), "");
  EXPECT_EQ(url("http://127.0.0.1/"), "");
}

TEST(HookTest, NoRefusalShowsASecret) {
  for (const char* fields : {R"("secret":"hush-hush-hush-hush","events":[7])", R"("secret":"hush")"})
    EXPECT_THAT(wrong(with(fields)), testing::Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace linekeeper::control
