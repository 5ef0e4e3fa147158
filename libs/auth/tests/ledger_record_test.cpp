#include "linekeeper/auth/ledger_record.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::auth {
namespace {

LedgerRecord full() {
  LedgerRecord record;
  record.command_id = "c-1";
  record.kind = CommandKind::send;
  record.digest.fill(3);
  record.origin = {"commands.send", 7, 1'000'000, 1'700'000'000'000};
  record.state = CommandState::sending;
  record.not_after_ms = 1'700'000'060'000;
  record.sending_since_ms = 1'700'000'000'500;
  record.message_id = "3EB0";
  record.request = to_bytes("to and text");
  record.code = -3;
  record.outcome = to_bytes("o");
  record.published = true;
  return record;
}

TEST(LedgerRecordTest, ComesBackAsItWas) {
  EXPECT_EQ(*decode_ledger_record(encode(full())), full());
  EXPECT_EQ(*decode_ledger_record(encode(LedgerRecord())), LedgerRecord());
}

TEST(LedgerRecordTest, RefusesWhatIsCutLongerOrNewer) {
  const Bytes bytes = encode(full());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_EQ(decode_ledger_record(ByteView(bytes).first(cut)).error(), Errc::malformed_value) << cut;
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(decode_ledger_record(longer).error(), Errc::malformed_value);
  Bytes newer = bytes;
  newer[0] = 2;
  EXPECT_EQ(decode_ledger_record(newer).error(), Errc::unsupported_version);
}

TEST(LedgerRecordTest, DerivedIdsDependOnEverythingTheyAreMadeOf) {
  const LedgerRecord record = full();
  const std::string id = derive_command_id(record.origin, record.digest);
  CommandOrigin other = record.origin;
  ++other.timestamp_ms;
  EXPECT_EQ(id, derive_command_id(record.origin, record.digest));
  EXPECT_NE(id, derive_command_id(other, record.digest));
  EXPECT_NE(message_id_seed("shop", "c", 1), message_id_seed("shop", "c", 2));
  EXPECT_NE(message_id_seed("shopc", "", 1), message_id_seed("shop", "c", 1));
}

}  // namespace
}  // namespace linekeeper::auth
