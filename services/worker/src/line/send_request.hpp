#pragma once

#include "line/line_journal.hpp"
#include "linekeeper/auth/ledger_record.hpp"
#include "linekeeper/session/outgoing.hpp"
#include "linekeeper/v1/command.pb.h"

namespace linekeeper::worker {

/// Fills recipient and message from a command that was found in order. False: nothing this version can send.
bool compose(const v1::SendCommand& command, transport::Outgoing& out);

/// What the ledger keeps while a message is being sent, and back. False: it does not parse.
Bytes serialize_request(const transport::Outgoing& out);
bool restore(const auth::LedgerRecord& record, transport::Outgoing& out);

/// One write: ratchets, retry copy and SENDING. On success `record` is what the ledger holds.
awaitable<Result<void>> commit_sending(LineJournal& journal, auth::LedgerRecord& record, transport::Changes changes,
                                       std::string message_id, Bytes request, auth::UnixMs now);

/// A change list as the store takes it.
std::map<std::string, std::optional<Bytes>> fields_of(transport::Changes changes);

}  // namespace linekeeper::worker
