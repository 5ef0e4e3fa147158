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

std::string RecordCodec::seal(std::string_view tag, const LedgerRecord& record) const {
  return to_text(sealer_.seal(field("command", tag), encode(record)));
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
  const SecretBytes plain(packer.take());
  return to_text(sealer_.seal("archive", plain.reveal()));
}

Result<Fields> RecordCodec::open_archive(ByteView sealed) const {
  LK_TRY(Bytes opened, open_with(*ring_, session_, {}, "archive", sealed));
  const SecretBytes plain(std::move(opened));
  Unpacker in(plain.reveal());
  const std::uint64_t version = in.number();
  if (version > kVersion) return Errc::unsupported_version;
  const std::uint64_t count = in.number();
  Fields fields;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::string name = in.text();
    fields.insert_or_assign(std::move(name), to_bytes(in.bytes()));
  }
  if (!in.done() || version == 0) return Errc::malformed_value;
  return fields;
}

std::string RecordCodec::seal_audit(ByteView trail) const {
  return to_text(sealer_.seal("audit", trail));
}

Result<Bytes> RecordCodec::open_audit(ByteView sealed) const {
  return open_with(*ring_, session_, {}, "audit", sealed);
}

}  // namespace linekeeper::auth
