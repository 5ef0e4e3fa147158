#include "linekeeper/contract/line_record.hpp"

#include "linekeeper/base/errc.hpp"
#include "state/line.pb.h"

namespace linekeeper::contract {
namespace {

constexpr std::uint32_t kFormat = 1;
constexpr std::string_view kRun = "run";
constexpr std::string_view kStop = "stop";

SendPause read_pause(const state::Pause& stored) {
  if (!v1::ErrorCode_IsValid(stored.code())) return {};
  return {static_cast<v1::ErrorCode>(stored.code()), stored.until_ms()};
}

void write_pause(const SendPause& pause, state::Pause& stored) {
  stored.set_code(pause.code);
  stored.set_until_ms(pause.until_ms);
}

}  // namespace

auth::Barriers LineRecord::barriers() const {
  auth::Barriers barriers;
  if (reset_at_ms != 0) barriers.reset_at_ms = reset_at_ms;
  if (credentials_at_ms != 0) barriers.credentials_at_ms = credentials_at_ms;
  return barriers;
}

Result<lifecycle::Stored> read_line(const auth::LineHead& head, LineRecord& record) {
  lifecycle::Stored stored;
  record = {};
  if (as_text(head.desired) == kStop) stored.desired = lifecycle::Desired::stop;
  if (head.status.empty()) return stored;
  state::StoredLine line;
  if (!line.ParseFromString(to_text(head.status))) return Errc::malformed_value;
  if (line.format() != kFormat) return Errc::unsupported_version;
  if (!v1::LineStatus_IsValid(line.status()) || !v1::ErrorCode_IsValid(line.code())) return Errc::unsupported_version;
  stored.status = static_cast<v1::LineStatus>(line.status());
  stored.code = static_cast<v1::ErrorCode>(line.code());
  stored.detail = line.detail();
  if (line.next_retry_at_ms() != 0)
    stored.next_retry_at = lifecycle::Time(std::chrono::milliseconds(line.next_retry_at_ms()));
  stored.retry_count = line.retry_count();
  stored.conflict_retried = line.conflict_retried();
  record.since_ms = line.since_ms();
  record.reset_at_ms = line.reset_at_ms();
  record.credentials_at_ms = line.credentials_at_ms();
  record.number_tag = line.number_tag();
  record.purged_at_ms = line.purged_at_ms();
  record.rolled_back = line.rolled_back();
  record.pauses = {read_pause(line.sends()), read_pause(line.first_contacts())};
  record.took_from = line.took_from();
  return stored;
}

Bytes write_status(const lifecycle::Lifecycle& lifecycle, const LineRecord& record) {
  state::StoredLine line;
  line.set_format(kFormat);
  line.set_status(lifecycle.status());
  line.set_code(lifecycle.code());
  line.set_detail(lifecycle.detail());
  if (lifecycle.next_retry_at()) line.set_next_retry_at_ms(lifecycle.next_retry_at()->time_since_epoch().count());
  line.set_since_ms(record.since_ms);
  line.set_reset_at_ms(record.reset_at_ms);
  line.set_credentials_at_ms(record.credentials_at_ms);
  line.set_number_tag(record.number_tag);
  line.set_purged_at_ms(record.purged_at_ms);
  line.set_rolled_back(record.rolled_back);
  if (record.pauses.all.until_ms != 0) write_pause(record.pauses.all, *line.mutable_sends());
  if (record.pauses.first_contacts.until_ms != 0)
    write_pause(record.pauses.first_contacts, *line.mutable_first_contacts());
  line.set_retry_count(lifecycle.retry_count());
  line.set_conflict_retried(lifecycle.conflict_retried());
  line.set_took_from(record.took_from);
  return to_bytes(line.SerializeAsString());
}

Bytes write_desired(lifecycle::Desired desired) {
  return to_bytes(desired == lifecycle::Desired::stop ? kStop : kRun);
}

}  // namespace linekeeper::contract
