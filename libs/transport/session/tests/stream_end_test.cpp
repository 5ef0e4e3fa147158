#include "stream_end.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {
namespace {

using namespace std::chrono_literals;

TEST(FailureTest, EveryReasonHasItsName) {
  const std::pair<int, EndReason> table[]{
      {400, EndReason::connect_refused},     {401, EndReason::logged_out},      {402, EndReason::banned},
      {403, EndReason::account_locked},      {405, EndReason::client_outdated}, {406, EndReason::banned},
      {409, EndReason::client_outdated},     {413, EndReason::connect_refused}, {414, EndReason::connect_refused},
      {415, EndReason::connect_refused},     {418, EndReason::connect_refused}, {429, EndReason::rate_limited},
      {500, EndReason::service_unavailable}, {501, EndReason::connect_refused}, {503, EndReason::service_unavailable},
      {599, EndReason::connect_refused}};
  for (const auto& [code, reason] : table) {
    SCOPED_TRACE(code);
    EXPECT_EQ(end_of_failure(Node("failure").with("reason", code)).reason, reason);
  }
  EXPECT_EQ(end_of_failure(Node("failure")).reason, EndReason::connect_refused);
}

TEST(FailureTest, ATemporaryBanSaysUntilWhen) {
  const auto end = end_of_failure(Node("failure").with("reason", "402").with("code", "101").with("expire", "3600"));
  EXPECT_EQ(end.detail, "temporary");
  EXPECT_EQ(end.code, 101);
  EXPECT_EQ(end.retry_after, std::optional<std::chrono::seconds>(3600s));
}

TEST(FailureTest, ALockedAccountCarriesTheWordsForItsOwnerAndNoMoreThanAKibibyteOfThem) {
  const auto end = end_of_failure(Node("failure")
                                      .with("reason", "403")
                                      .with("logout_message_header", "Locked")
                                      .with("logout_message_subtext", std::string(5000, 'x')));
  EXPECT_TRUE(end.user_text.starts_with("Locked: x"));
  EXPECT_EQ(end.user_text.size(), 1024U);
}

TEST(FailureTest, TheWordsForTheOwnerAreOneLineOfWholeCharacters) {
  const auto said = [](const std::string& header) {
    return end_of_failure(Node("failure").with("reason", "403").with("logout_message_header", header)).user_text;
  };
  EXPECT_EQ(said("Gesperrt f\xc3\xbcr\r\n24\x1b[31m h\x7f"), "Gesperrt f\xc3\xbcr  24 [31m h ");
  EXPECT_EQ(said("next\xc2\x85line\xc2\xa0here"), "next line\xc2\xa0here");
  EXPECT_EQ(said("cut \xff off \xc2"), "cut \xef\xbf\xbd off \xef\xbf\xbd");
  EXPECT_EQ(said("x" + std::string(1022, 'x') + "\xc3\xbc"), std::string(1023, 'x'));
  EXPECT_EQ(said(""), "");
}

TEST(StreamErrorTest, TheConflictDecidesBeforeTheCode) {
  const auto conflict = [](const char* type, int code) {
    return end_of_stream_error(Node("stream:error").with("code", code).add(Node("conflict").with("type", type)))
        ->reason;
  };
  EXPECT_EQ(conflict("replaced", 401), EndReason::conflict);
  EXPECT_EQ(conflict("device_removed", 401), EndReason::logged_out);
  EXPECT_EQ(conflict("whatever", 500), EndReason::logged_out);
}

TEST(StreamErrorTest, EveryCodeHasItsName) {
  const std::pair<int, EndReason> table[]{{401, EndReason::logged_out},
                                          {409, EndReason::conflict},
                                          {440, EndReason::conflict},
                                          {429, EndReason::rate_limited},
                                          {500, EndReason::service_unavailable},
                                          {503, EndReason::service_unavailable},
                                          {515, EndReason::restart_required},
                                          {516, EndReason::logged_out}};
  for (const auto& [code, reason] : table) {
    SCOPED_TRACE(code);
    EXPECT_EQ(end_of_stream_error(Node("stream:error").with("code", code))->reason, reason);
  }
  EXPECT_EQ(end_of_stream_error(Node("stream:error").add(Node("xml-not-well-formed")))->reason,
            EndReason::stream_desync);
  EXPECT_EQ(end_of_stream_error(Node("stream:error").add(Node("bad-mac")))->reason, EndReason::stream_desync);
}

TEST(StreamErrorTest, AMissedAckAndUnknownFormsDoNotEndTheStream) {
  const Node missed = Node("stream:error").add(Node("ack").with("id", "77"));
  EXPECT_FALSE(end_of_stream_error(missed));
  EXPECT_EQ(ack_asked_for(missed), "77");
  EXPECT_FALSE(end_of_stream_error(Node("stream:error").with("code", "777")));
  EXPECT_FALSE(ack_asked_for(Node("stream:error")));
}

TEST(ConnectEndTest, TheStatusOfTheUpgradeDecides) {
  EXPECT_EQ(end_of_connect(make_error_code(Errc::connect_refused), 403).reason, EndReason::rate_limited);
  EXPECT_EQ(end_of_connect(make_error_code(Errc::connect_refused), 429).reason, EndReason::rate_limited);
  EXPECT_EQ(end_of_connect(make_error_code(Errc::connect_refused), 404).reason, EndReason::connect_refused);
  EXPECT_EQ(end_of_connect(make_error_code(Errc::connect_refused), 502).reason, EndReason::service_unavailable);
  EXPECT_EQ(end_of_connect(make_error_code(Errc::connect_refused), 0).reason, EndReason::network);
  EXPECT_EQ(end_of_connect(make_error_code(Errc::tls_failed), 0).detail, "tls");
}

TEST(StreamEndTest, BrokenBytesAreAnotherThingThanALostConnection) {
  EXPECT_EQ(end_of_stream(make_error_code(Errc::malformed_frame)).reason, EndReason::stream_desync);
  EXPECT_EQ(end_of_stream(make_error_code(Errc::connection_lost)).reason, EndReason::network);
  EXPECT_EQ(end_of_handshake(make_error_code(Errc::certificate_invalid)).reason, EndReason::certificate_invalid);
  EXPECT_EQ(end_of_handshake(make_error_code(Errc::decrypt_failed)).reason, EndReason::stream_desync);
}

TEST(PairingIqTest, ABadRequestIsTheNumbersFaultOnlyIfTheNumberIsBad) {
  EXPECT_EQ(end_of_pairing_iq(400, true).reason, EndReason::bad_request);
  EXPECT_EQ(end_of_pairing_iq(400, false).reason, EndReason::invalid_phone);
  EXPECT_EQ(end_of_pairing_iq(403, true).reason, EndReason::forbidden);
  EXPECT_EQ(end_of_pairing_iq(429, true).retry_after, std::optional<std::chrono::seconds>(30min));
  EXPECT_EQ(end_of_pairing_iq(452, true).reason, EndReason::feature_unavailable);
  EXPECT_EQ(end_of_pairing_iq(500, true).reason, EndReason::service_unavailable);
}

TEST(EndReasonTest, EveryReasonPrints) {
  for (int i = static_cast<int>(EndReason::closed_by_owner); i <= static_cast<int>(EndReason::passkey_required); ++i) {
    EXPECT_NE(name(static_cast<EndReason>(i)), "unknown") << i;
  }
}

}  // namespace
}  // namespace linekeeper::transport
