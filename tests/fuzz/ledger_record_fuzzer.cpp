#include "fuzz.hpp"
#include "linekeeper/auth/command_ledger.hpp"

// Records of the ledger, as they stand under the seal.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linekeeper;
  using namespace linekeeper::auth;
  const auto record = decode_ledger_record(ByteView(data, size));
  if (!record) return 0;
  fuzz::must(decode_ledger_record(encode(*record)) == record, "what was read is written and read the same");

  // Whatever a record says, the ledger has an answer, and what is over stays over.
  IncomingCommand again;
  again.command_id = record->command_id;
  again.kind = record->kind;
  again.digest = record->digest;
  const UnixMs now = 1'800'000'000'000;
  const auto decision = on_command(again, *record, {}, now);
  const bool repeats = decision.kind == LedgerDecision::Kind::begin || decision.kind == LedgerDecision::Kind::resume;
  fuzz::must(!(record->finished() && repeats), "a command that is over is not done again");
  if (record->finished() && record->published) {
    const LedgerRecord rest = reduced(*record);
    fuzz::must(on_command(again, rest, {}, now).kind == LedgerDecision::Kind::done, "a reduced record still answers");
    fuzz::must(rest.command_id.empty() && rest.request.empty() && rest.outcome.empty(), "and tells nothing");
  }
  return 0;
}
