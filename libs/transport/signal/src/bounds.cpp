#include "bounds.hpp"

#include "state/signal_records.pb.h"

namespace linekeeper::transport::signal {
namespace {

/// Below these sizes the bounds cannot be exceeded: a skipped key of a session takes some 90 bytes, one of a sender
/// chain some 35. Saves parsing in all but a few cases.
constexpr std::size_t kSmallSession = kSkippedKeys * 80;
constexpr std::size_t kSmallSenderKeys = kSkippedKeys * 32;

Bytes bytes_of(const google::protobuf::MessageLite& message) {
  Bytes out(message.ByteSizeLong());
  message.SerializeToArray(out.data(), static_cast<int>(out.size()));
  return out;
}

template <typename Repeated>
void drop_oldest(Repeated& keys, int& surplus) {
  const int n = std::min(surplus, keys.size());
  keys.DeleteSubrange(0, n);
  surplus -= n;
}

void bound_session(std::string& session) {
  if (session.size() < kSmallSession) return;
  state::SessionState parsed;
  if (!parsed.ParseFromString(session)) return;
  int surplus = -kSkippedKeys;
  for (const auto& chain : parsed.receiver_chains())
    surplus += chain.skipped_keys_size();
  if (surplus <= 0) return;
  for (auto& chain : *parsed.mutable_receiver_chains())
    drop_oldest(*chain.mutable_skipped_keys(), surplus);
  parsed.SerializeToString(&session);
}

}  // namespace

Bytes bounded_session_record(ByteView record) {
  state::SessionRecord parsed;
  if (!parsed.ParseFromArray(record.data(), static_cast<int>(record.size()))) return to_bytes(record);
  if (parsed.previous_size() <= kArchivedSessions && record.size() < kSmallSession) return to_bytes(record);
  if (parsed.previous_size() > kArchivedSessions)
    parsed.mutable_previous()->DeleteSubrange(kArchivedSessions, parsed.previous_size() - kArchivedSessions);
  bound_session(*parsed.mutable_current());
  for (auto& session : *parsed.mutable_previous())
    bound_session(session);
  return bytes_of(parsed);
}

Bytes bounded_sender_key_record(ByteView record) {
  if (record.size() < kSmallSenderKeys) return to_bytes(record);
  state::SenderKeyRecord parsed;
  if (!parsed.ParseFromArray(record.data(), static_cast<int>(record.size()))) return to_bytes(record);
  int surplus = -kSkippedKeys;
  for (const auto& chain : parsed.states())
    surplus += chain.skipped_keys_size();
  if (surplus <= 0) return to_bytes(record);
  for (int i = parsed.states_size(); i-- > 0 && surplus > 0;)
    drop_oldest(*parsed.mutable_states(i)->mutable_skipped_keys(), surplus);
  return bytes_of(parsed);
}

}  // namespace linekeeper::transport::signal
