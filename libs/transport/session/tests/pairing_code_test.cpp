// Pairing by code against a server that does what it is told: when a code is shown, and how it ends.
#include "line_fixture.hpp"
#include "linekeeper/pairing/link_code_stanzas.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"

namespace linekeeper::transport {
namespace {

using namespace std::chrono_literals;

class PairingCodeTest : public LineTest {
 protected:
  PairingCodeTest() {
    host.state.clear();
    server.on_open = [this] { server.send(pair_device("1", {"a", "b", "c", "d", "e", "f"})); };
    server.on_node = [this](const Node& node) {
      if (node.tag != "iq" || link_stage(node) != LinkStage::companion_hello) return;
      ++hellos;
      if (refused != 0) {
        server.send(iq_error_to(node, refused, "refused"));
      } else if (answers) {
        server.send(companion_hello_result(node, as_bytes(ref())));
      }
    };
  }
  std::string ref() const { return "ref-" + std::to_string(hellos); }

  void pair(std::string custom = {}) {
    RunMode mode;
    mode.pair.emplace();
    mode.pair->method = PairRequest::Method::code;
    mode.pair->phone_number = "491701234567";
    mode.pair->custom_code = Secret<std::string>(std::move(custom));
    start(std::move(mode));
  }
  bool shown(std::size_t count = 1) {
    return until([&] { return host.codes.size() >= count || end; }) && !end;
  }
  void refresh(std::string which, bool manual) {
    RefreshCode wanted;
    wanted.ref = to_bytes(which);
    wanted.manual = manual;
    server.send(refresh_code("n1", 1'800'000'000, wanted));
  }

  unsigned hellos = 0;
  bool answers = true;
  int refused = 0;
};

TEST_F(PairingCodeTest, ACodeIsShownOnlyOnceTheServerKnowsIt) {
  answers = false;
  settings.times.pairing_hello = 50ms;
  pair();
  ASSERT_TRUE(ended());
  EXPECT_EQ(hellos, 1U);
  EXPECT_TRUE(host.codes.empty());
  EXPECT_EQ(end->reason, EndReason::pairing_timeout);
  EXPECT_EQ(end->detail, "hello");
}

TEST_F(PairingCodeTest, ACustomCodeIsShownAsPhonesShowIt) {
  pair("abcd-2345");
  ASSERT_TRUE(shown());
  EXPECT_EQ(host.codes[0].code.reveal(), "ABCD-2345");
  EXPECT_TRUE(host.qrs.empty());
}

TEST_F(PairingCodeTest, ACodeDiesAfterItsTimeAndThePairingWithIt) {
  settings.times.code_life = 1s;
  pair();
  ASSERT_TRUE(shown());
  EXPECT_LE(host.codes[0].expires_at, std::chrono::system_clock::now() + 1s);
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::pairing_timeout);
  EXPECT_EQ(end->detail, "code");
  EXPECT_EQ(host.code_retired_times, 1U);
}

TEST_F(PairingCodeTest, AServerThatRetiresTheCodeGetsANewOneShown) {
  pair();
  ASSERT_TRUE(shown());
  const std::string first = ref();
  refresh("another", false);
  refresh(first, false);
  ASSERT_TRUE(shown(2));
  EXPECT_NE(host.codes[0].code.reveal(), host.codes[1].code.reveal());
  EXPECT_EQ(hellos, 2U) << "the ref of somebody else's code is no reason";
  EXPECT_EQ(host.code_retired_times, 1U);
}

TEST_F(PairingCodeTest, AServerThatWantsAPersonToAskAgainEndsThePairing) {
  pair();
  ASSERT_TRUE(shown());
  refresh(ref(), true);
  ASSERT_TRUE(ended());
  EXPECT_EQ(end->reason, EndReason::pairing_timeout);
  EXPECT_EQ(end->detail, "code_retired");
}

TEST_F(PairingCodeTest, EachRefusalHasItsName) {
  const std::pair<int, EndReason> table[] = {
      {400, EndReason::bad_request},         {403, EndReason::forbidden},           {429, EndReason::rate_limited},
      {452, EndReason::feature_unavailable}, {500, EndReason::service_unavailable}, {404, EndReason::bad_request}};
  for (const auto& [code, reason] : table) {
    SCOPED_TRACE(code);
    refused = code;
    pair();
    ASSERT_TRUE(ended());
    EXPECT_EQ(end->reason, reason);
    EXPECT_EQ(end->retry_after.has_value(), code == 429);
    EXPECT_TRUE(host.codes.empty());
  }
}

}  // namespace
}  // namespace linekeeper::transport
