#include "line_codec.hpp"

#include "linekeeper/auth/keys.hpp"
#include "linekeeper/base/errc.hpp"
#include "pack.hpp"

namespace linekeeper::auth {
namespace {

constexpr std::uint8_t kVersion = 1;

std::string field(std::string_view kind, std::string_view tag) {
  return std::string(kind).append("/").append(tag);
}

}  // namespace

RecordCodec::RecordCodec(std::shared_ptr<const KeyRing> ring, std::string session)
    : ring_(std::move(ring)), session_(std::move(session)), sealer_(ring_->first(), session_, {}) {}

std::string RecordCodec::seal(const LedgerRecord& record) const {
  return to_text(sealer_.seal(field("command", command_tag(record.command_id)), encode(record)));
}

Result<LedgerRecord> RecordCodec::open_record(std::string_view tag, ByteView sealed) const {
  LK_TRY(const Bytes plain, open_with(*ring_, session_, {}, field("command", tag), sealed));
  return decode_ledger_record(plain);
}

std::string RecordCodec::seal(const PendingEvent& event) const {
  const Bytes plain = Packer().number(kVersion).text(event.id).number(event.order).bytes(event.payload).take();
  return to_text(sealer_.seal(field("event", command_tag(event.id)), plain));
}

Result<PendingEvent> RecordCodec::open_event(std::string_view tag, ByteView sealed) const {
  LK_TRY(const Bytes plain, open_with(*ring_, session_, {}, field("event", tag), sealed));
  Unpacker in(plain);
  const std::uint64_t version = in.number();
  if (version > kVersion) return Errc::unsupported_version;
  PendingEvent event;
  event.id = in.text();
  event.order = in.number();
  event.payload = to_bytes(in.bytes());
  if (!in.done() || version == 0) return Errc::malformed_value;
  return event;
}

std::string RecordCodec::seal_archive(const Fields& fields) const {
  Packer packer;
  packer.number(kVersion).number(fields.size());
  for (const auto& [name, value] : fields)
    packer.text(name).bytes(value);
  return to_text(sealer_.seal("archive", packer.take()));
}

}  // namespace linekeeper::auth
