#include "line/send_request.hpp"

#include "command/recipient.hpp"
#include "crash_point.hpp"
#include "linekeeper/auth/command_ledger.hpp"
#include "linekeeper/base/errc.hpp"
#include "state/line.pb.h"
#include "wire/message.pb.h"

namespace linekeeper::worker {
namespace {

constexpr std::uint32_t kFormat = 1;

}  // namespace

bool compose(const v1::SendCommand& command, transport::Outgoing& out) {
  auto to = recipient_of(command.to(), {});
  if (!to || command.content_case() != v1::SendCommand::kText) return false;
  out.to = std::move(*to);
  wire::Message message;
  message.set_conversation(command.text());
  out.message = SecretBytes(to_bytes(message.SerializeAsString()));
  return true;
}

Bytes serialize_request(const transport::Outgoing& out) {
  state::SendRequest request;
  request.set_format(kFormat);
  request.set_to(out.to.str());
  request.set_message(to_text(out.message.reveal()));
  return to_bytes(request.SerializeAsString());
}

bool restore(const auth::LedgerRecord& record, transport::Outgoing& out) {
  state::SendRequest request;
  if (!request.ParseFromString(to_text(record.request)) || request.format() != kFormat) return false;
  auto to = transport::Jid::parse(request.to());
  if (!to) return false;
  out.id = record.message_id;
  out.to = std::move(*to);
  out.message = SecretBytes(to_bytes(request.message()));
  return true;
}

std::map<std::string, std::optional<Bytes>> fields_of(transport::Changes changes) {
  std::map<std::string, std::optional<Bytes>> fields;
  for (transport::Change& change : changes)
    fields.insert_or_assign(std::move(change.field), std::move(change.value));
  return fields;
}

awaitable<Result<void>> commit_sending(LineJournal& journal, auth::LedgerRecord& record, transport::Changes changes,
                                       std::string message_id, Bytes request, auth::UnixMs now) {
  crash_point("send.before_commit");
  auth::LedgerRecord sending = record.state == auth::CommandState::received
                                   ? auth::start_sending(record, std::move(message_id), std::move(request), now)
                                   : record;
  auth::Commit commit;
  commit.fields = fields_of(std::move(changes));
  commit.ledger.push_back(sending);
  auto done = co_await journal.commit(std::move(commit));
  if (!done) co_return done.error();
  record = std::move(sending);
  crash_point("send.committed");
  co_return ok();
}

}  // namespace linekeeper::worker
