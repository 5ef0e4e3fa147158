#include "linekeeper/auth/line_reader.hpp"

#include <algorithm>

#include "line_codec.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/auth/sealed.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::auth {

LineReader::LineReader(redis::Connection& connection, std::shared_ptr<const KeyRing> ring)
    : connection_(connection), ring_(std::move(ring)) {}

awaitable<Result<std::vector<std::string>>> LineReader::sessions() {
  std::vector<redis::Command> asks;
  asks.reserve(kBuckets);
  for (unsigned bucket = 0; bucket < kBuckets; ++bucket)
    asks.push_back({"SMEMBERS", key::sessions(static_cast<std::uint8_t>(bucket))});
  auto replies = co_await connection_.pipeline(std::move(asks));
  if (!replies) co_return replies.error();
  std::vector<std::string> all;
  for (const redis::Reply& reply : *replies) {
    if (const error_code error = redis::error_of(reply)) co_return error;
    if (!reply.array()) co_return Errc::malformed_value;
    for (const redis::Reply& member : *reply.array())
      all.emplace_back(member.string().value_or(""));
  }
  std::sort(all.begin(), all.end());
  co_return all;
}

awaitable<Result<std::vector<LineGlance>>> LineReader::glance(std::vector<std::string> sessions) {
  std::vector<redis::Command> asks;
  for (const std::string& session : sessions) {
    redis::Command heads{"HMGET", key::line(session)};
    heads.insert(heads.end(), head_fields().begin(), head_fields().end());
    asks.push_back(std::move(heads));
    asks.push_back({"GET", key::lease(session)});
    asks.push_back({"SISMEMBER", key::sessions(bucket_of(session)), session});
  }
  std::vector<LineGlance> lines;
  if (asks.empty()) co_return lines;
  auto replies = co_await connection_.pipeline(std::move(asks));
  if (!replies) co_return replies.error();
  for (const redis::Reply& reply : *replies)
    if (const error_code error = redis::error_of(reply)) co_return error;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    LineGlance line;
    line.session = std::move(sessions[i]);
    LK_CO_TRY(line.head, read_head((*replies)[3 * i]));
    const auto lease = (*replies)[3 * i + 1].string();
    const auto blank = lease ? lease->find(' ') : std::string_view::npos;
    if (blank != std::string_view::npos) line.holder = lease->substr(blank + 1);
    line.known = (*replies)[3 * i + 2].integer() == 1 || line.head.token != 0;
    lines.push_back(std::move(line));
  }
  co_return lines;
}

awaitable<Result<std::vector<std::optional<Bytes>>>> LineReader::field(const std::vector<LineGlance>& lines,
                                                                       std::string name) {
  std::vector<std::optional<Bytes>> values(lines.size());
  std::vector<redis::Command> asks;
  std::vector<std::pair<std::size_t, Sealer>> asked;
  for (std::size_t i = 0; ring_ && i < lines.size(); ++i) {
    const LineHead& head = lines[i].head;
    const KeyRing::Key* key = head.key_id.empty() ? nullptr : ring_->find(head.key_id);
    if (key == nullptr) continue;
    Sealer sealer(*key, lines[i].session, head.salt);
    asks.push_back({"HGET", key::line(lines[i].session), sealer.stored_name(name)});
    asked.emplace_back(i, std::move(sealer));
  }
  if (asks.empty()) co_return values;
  auto replies = co_await connection_.pipeline(std::move(asks));
  if (!replies) co_return replies.error();
  for (std::size_t k = 0; k < asked.size(); ++k) {
    const auto sealed = (*replies)[k].string();
    if (!sealed) continue;
    auto opened = asked[k].second.open_field(name, as_bytes(*sealed));
    if (opened) values[asked[k].first] = std::move(*opened);
  }
  co_return values;
}

awaitable<Result<std::optional<LedgerRecord>>> LineReader::command(std::string session, std::string command_id) {
  redis::Command get{"GET", key::command(session, command_id)};
  auto reply = co_await connection_.command(std::move(get));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return std::optional<LedgerRecord>();
  if (!ring_) co_return Errc::unknown_key;
  const RecordCodec codec(ring_, session);
  LK_CO_TRY(LedgerRecord record, codec.open_record(command_tag(command_id), as_bytes(reply->string().value_or(""))));
  co_return std::optional<LedgerRecord>(std::move(record));
}

}  // namespace linekeeper::auth
