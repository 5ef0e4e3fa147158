#include "linekeeper/lifecycle/reaction.hpp"

#include <gtest/gtest.h>

namespace linekeeper::lifecycle {
namespace {

struct Row {
  Signal signal;
  v1::LineStatus status;
  v1::ErrorCode code;
  Credentials credentials;
  Retry retry;
};

// Written from the protocol's facts, not from the code: what each signal must lead to for a paired line.
const Row kPaired[] = {
    {Signal::restart_required, v1::LINE_STATUS_DISCONNECTED, v1::RESTART_REQUIRED, Credentials::keep, Retry::at_once},
    {Signal::device_removed, v1::LINE_STATUS_LOGGED_OUT, v1::LOGGED_OUT, Credentials::archive, Retry::never},
    {Signal::unauthorized, v1::LINE_STATUS_LOGGED_OUT, v1::LOGGED_OUT, Credentials::archive, Retry::never},
    {Signal::primary_reinstalled, v1::LINE_STATUS_LOGGED_OUT, v1::LOGGED_OUT, Credentials::archive, Retry::never},
    {Signal::account_locked, v1::LINE_STATUS_ACCOUNT_LOCKED, v1::ACCOUNT_LOCKED, Credentials::archive, Retry::never},
    {Signal::banned, v1::LINE_STATUS_BANNED, v1::BANNED, Credentials::archive, Retry::never},
    {Signal::temporarily_banned, v1::LINE_STATUS_BANNED, v1::BANNED, Credentials::keep, Retry::after_wait},
    {Signal::replaced, v1::LINE_STATUS_CONFLICT, v1::CONFLICT, Credentials::keep, Retry::never},
    {Signal::client_outdated, v1::LINE_STATUS_CLIENT_OUTDATED, v1::CLIENT_OUTDATED, Credentials::keep, Retry::never},
    {Signal::login_refused, v1::LINE_STATUS_DISCONNECTED, v1::CONNECT_REFUSED, Credentials::keep, Retry::backoff},
    {Signal::service_unavailable, v1::LINE_STATUS_DISCONNECTED, v1::SERVICE_UNAVAILABLE, Credentials::keep,
     Retry::backoff},
    {Signal::rate_limited, v1::LINE_STATUS_DISCONNECTED, v1::RATE_LIMITED, Credentials::keep, Retry::backoff},
    {Signal::stream_desync, v1::LINE_STATUS_DISCONNECTED, v1::STREAM_DESYNC, Credentials::keep, Retry::at_once},
    {Signal::network, v1::LINE_STATUS_DISCONNECTED, v1::NETWORK, Credentials::keep, Retry::backoff},
    {Signal::certificate_invalid, v1::LINE_STATUS_STOPPED, v1::CERTIFICATE_INVALID, Credentials::keep, Retry::never},
    {Signal::number_mismatch, v1::LINE_STATUS_STOPPED, v1::CREDENTIALS_CONFLICT, Credentials::keep, Retry::never},
    {Signal::credentials_corrupt, v1::LINE_STATUS_STOPPED, v1::CREDENTIALS_CONFLICT, Credentials::keep, Retry::never},
};

TEST(ReactionTest, EverySignalOfAPairedLineHasItsStatusCodeAndRetry) {
  for (const Row& row : kPaired) {
    SCOPED_TRACE(static_cast<int>(row.signal));
    const Reaction reaction = reaction_to(row.signal, true);
    EXPECT_EQ(reaction.status, row.status);
    EXPECT_EQ(reaction.code, row.code);
    EXPECT_EQ(reaction.credentials, row.credentials);
    EXPECT_EQ(reaction.retry, row.retry);
  }
}

TEST(ReactionTest, PairingThatFailsLeavesTheLineUnpairedAndSchedulesNothing) {
  for (const Signal signal : {Signal::refs_used_up, Signal::pairing_timed_out, Signal::pairing_failed,
                              Signal::passkey_required, Signal::number_mismatch, Signal::pairing_rate_limited}) {
    SCOPED_TRACE(static_cast<int>(signal));
    const Reaction reaction = reaction_to(signal, false);
    EXPECT_EQ(reaction.status, v1::LINE_STATUS_NEEDS_PAIRING);
    EXPECT_NE(reaction.code, v1::ERROR_CODE_UNSPECIFIED);
    EXPECT_EQ(reaction.retry, Retry::never);
  }
}

}  // namespace
}  // namespace linekeeper::lifecycle
