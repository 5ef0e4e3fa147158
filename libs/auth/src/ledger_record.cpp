#include "linekeeper/auth/ledger_record.hpp"

#include <utility>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "pack.hpp"

namespace linekeeper::auth {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

Bytes encode(const LedgerRecord& record) {
  return Packer()
      .number(kVersion)
      .text(record.command_id)
      .number(static_cast<std::uint64_t>(record.kind))
      .bytes(record.digest)
      .text(record.origin.topic)
      .number_signed(record.origin.partition)
      .number_signed(record.origin.offset)
      .number_signed(record.origin.timestamp_ms)
      .number(static_cast<std::uint64_t>(record.state))
      .number(record.not_after_ms.has_value())
      .number_signed(record.not_after_ms.value_or(0))
      .number_signed(record.sending_since_ms)
      .text(record.message_id)
      .bytes(record.request)
      .number_signed(record.code)
      .bytes(record.outcome)
      .number(record.published)
      .take();
}

Result<LedgerRecord> decode_ledger_record(ByteView bytes) {
  Unpacker in(bytes);
  const std::uint64_t version = in.number();
  if (!in.ok() || version == 0) return Errc::malformed_value;
  if (version > kVersion) return Errc::unsupported_version;
  LedgerRecord record;
  record.command_id = in.text();
  const std::uint64_t kind = in.number();
  const auto digest = exactly<32>(in.bytes());
  record.origin.topic = in.text();
  const std::int64_t partition = in.number_signed();
  record.origin.offset = in.number_signed();
  record.origin.timestamp_ms = in.number_signed();
  const std::uint64_t state = in.number();
  const bool limited = in.number() != 0;
  const std::int64_t not_after = in.number_signed();
  if (limited) record.not_after_ms = not_after;
  record.sending_since_ms = in.number_signed();
  record.message_id = in.text();
  record.request = to_bytes(in.bytes());
  const std::int64_t code = in.number_signed();
  record.outcome = to_bytes(in.bytes());
  record.published = in.number() != 0;
  if (!in.done() || !digest || kind < 1 || kind > 4 || state < 1 || state > 5 ||
      !std::in_range<std::int32_t>(partition) || !std::in_range<int>(code))
    return Errc::malformed_value;
  record.kind = static_cast<CommandKind>(kind);
  record.digest = *digest;
  record.origin.partition = static_cast<std::int32_t>(partition);
  record.state = static_cast<CommandState>(state);
  record.code = static_cast<int>(code);
  return record;
}

std::string derive_command_id(const CommandOrigin& origin, const CommandDigest& digest) {
  const Bytes what = Packer()
                         .text("command id")
                         .text(origin.topic)
                         .number_signed(origin.partition)
                         .number_signed(origin.offset)
                         .number_signed(origin.timestamp_ms)
                         .bytes(digest)
                         .take();
  return "auto-" + to_hex(ByteView(crypto::sha256(what)).first(16));
}

std::array<std::uint8_t, 32> message_id_seed(std::string_view session, std::string_view command_id,
                                             UnixMs origin_timestamp_ms) {
  return crypto::sha256(
      Packer().text("message id").text(session).text(command_id).number_signed(origin_timestamp_ms).take());
}

}  // namespace linekeeper::auth
