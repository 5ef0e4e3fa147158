// What a line's holder reads beside the sealed fields: the ledgers and what is kept about them.

#include <algorithm>

#include "line_store_impl.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::auth {
namespace {

constexpr const char* kPage = "256";

std::size_t count_of(const redis::Reply& reply) {
  const auto count = reply.integer();
  return count && *count > 0 ? static_cast<std::size_t>(*count) : 0;
}

}  // namespace

awaitable<Result<bool>> LineStore::has_inbound(Bytes digest) {
  std::vector<redis::Command> asks;
  asks.reserve(3);
  for (std::int64_t back = 0; back < 3; ++back)
    asks.push_back({"SISMEMBER", key::inbound(impl_->session, present_week() - back), to_text(digest)});
  auto replies = co_await impl_->connection.pipeline(std::move(asks));
  if (!replies) co_return Result<bool>(boost::system::in_place_error, replies.error());
  bool found = false;
  for (const redis::Reply& reply : *replies) {
    const error_code error = redis::error_of(reply);
    if (error) co_return Result<bool>(boost::system::in_place_error, error);
    found = found || reply.integer() == 1;
  }
  co_return found;
}

awaitable<Result<std::optional<LedgerRecord>>> LineStore::command(std::string command_id) {
  Impl& impl = *impl_;
  redis::Command get{"GET", key::command(impl.session, command_id)};
  auto reply = co_await impl.connection.command(std::move(get));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return std::optional<LedgerRecord>();
  LK_CO_TRY(LedgerRecord record,
            impl.codec.open_record(command_tag(command_id), as_bytes(reply->string().value_or(""))));
  const bool cut = record.command_id.empty() && record.finished() && record.published;
  if (!cut && record.command_id != command_id) co_return Errc::malformed_value;
  co_return std::optional<LedgerRecord>(std::move(record));
}

awaitable<Result<OpenCommands>> LineStore::open_commands() {
  Impl& impl = *impl_;
  redis::Command members{"SMEMBERS", key::open(impl.session)};
  auto tags = co_await impl.connection.command(std::move(members));
  if (!tags) co_return tags.error();
  OpenCommands open;
  if (!tags->array() || tags->array()->empty()) co_return open;
  redis::Command get{"MGET"};
  for (const redis::Reply& tag : *tags->array())
    get.push_back(key::tagged_command(impl.session, tag.string().value_or("")));
  auto values = co_await impl.connection.command(std::move(get));
  if (!values) co_return values.error();
  for (std::size_t i = 0; i < tags->array()->size(); ++i) {
    if (values->at(i).is_nil()) continue;  // Its time is over: nobody may ask for it any more.
    std::string tag(tags->at(i).string().value_or(""));
    auto record = impl.codec.open_record(tag, as_bytes(values->at(i).string().value_or("")));
    if (record) {
      open.records.push_back(std::move(*record));
    } else {
      open.unreadable.push_back(std::move(tag));
    }
  }
  std::sort(open.records.begin(), open.records.end(), [](const LedgerRecord& a, const LedgerRecord& b) {
    return std::tie(a.origin.timestamp_ms, a.origin) < std::tie(b.origin.timestamp_ms, b.origin);
  });
  co_return open;
}

awaitable<Result<PendingEvents>> LineStore::pending_events() {
  Impl& impl = *impl_;
  redis::Command get{"HGETALL", key::pending(impl.session)};
  auto reply = co_await impl.connection.command(std::move(get));
  if (!reply) co_return reply.error();
  if (!reply->array()) co_return Errc::malformed_value;
  PendingEvents found;
  for (std::size_t i = 0; i + 1 < reply->array()->size(); i += 2) {
    auto event =
        impl.codec.open_event(reply->at(i).string().value_or(""), as_bytes(reply->at(i + 1).string().value_or("")));
    if (event) {
      found.events.push_back(std::move(*event));
    } else {
      ++found.unreadable;
    }
  }
  std::sort(found.events.begin(), found.events.end(),
            [](const PendingEvent& a, const PendingEvent& b) { return a.order < b.order; });
  co_return found;
}

awaitable<Result<LedgerPage>> LineStore::ledger_page(std::string cursor) {
  Impl& impl = *impl_;
  redis::Command scan{"ZSCAN", key::commands(impl.session), cursor, "COUNT", kPage};
  auto reply = co_await impl.connection.command(std::move(scan));
  if (!reply) co_return reply.error();
  LedgerPage page;
  page.next = reply->at(0).string().value_or("0");
  const redis::Reply::Array* const members = reply->at(1).array();
  if (members == nullptr) co_return Errc::malformed_value;
  if (members->empty()) co_return page;
  std::vector<std::string> tags;
  redis::Command get{"MGET"};
  for (std::size_t i = 0; i + 1 < members->size(); i += 2) {
    tags.emplace_back((*members)[i].string().value_or(""));
    get.push_back(key::tagged_command(impl.session, tags.back()));
  }
  auto values = co_await impl.connection.command(std::move(get));
  if (!values) co_return values.error();
  for (std::size_t i = 0; i < tags.size(); ++i) {
    if (values->at(i).is_nil()) continue;
    auto record = impl.codec.open_record(tags[i], as_bytes(values->at(i).string().value_or("")));
    page.records.emplace_back(std::move(tags[i]),
                              record ? std::optional<LedgerRecord>(std::move(*record)) : std::nullopt);
  }
  co_return page;
}

awaitable<Result<Inventory>> LineStore::inventory() {
  const std::string& session = impl_->session;
  std::vector<redis::Command> asks{{"HKEYS", key::line(session)},
                                   {"EXISTS", key::archive(session)},
                                   {"HLEN", key::pending(session)},
                                   {"ZCARD", key::commands(session)}};
  for (int back = 0; back < kInboundWeeks; ++back)
    asks.push_back({"SCARD", key::inbound(session, present_week() - back)});
  auto replies = co_await impl_->connection.pipeline(std::move(asks));
  if (!replies) co_return replies.error();
  for (const redis::Reply& reply : *replies)
    if (const error_code error = redis::error_of(reply)) co_return error;
  Inventory inventory;
  if (const redis::Reply::Array* const names = (*replies)[0].array()) {
    inventory.fields =
        static_cast<std::size_t>(std::count_if(names->begin(), names->end(), [](const redis::Reply& name) {
          return name.string().value_or("").size() == 16;
        }));
  }
  inventory.archives = count_of((*replies)[1]);
  inventory.pending = count_of((*replies)[2]);
  inventory.commands = count_of((*replies)[3]);
  for (std::size_t i = 4; i < replies->size(); ++i)
    inventory.inbound += count_of((*replies)[i]);
  co_return inventory;
}

awaitable<Result<Bytes>> LineStore::audit() {
  redis::Command get{"HGET", key::line(impl_->session), "audit"};
  auto reply = co_await impl_->connection.command(std::move(get));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return Bytes();
  auto trail = impl_->codec.open_audit(as_bytes(reply->string().value_or("")));
  co_return trail;
}

awaitable<Result<Fields>> LineStore::archive() {
  redis::Command get{"GET", key::archive(impl_->session)};
  auto reply = co_await impl_->connection.command(std::move(get));
  if (!reply) co_return reply.error();
  if (reply->is_nil()) co_return Errc::not_found;
  auto fields = impl_->codec.open_archive(as_bytes(reply->string().value_or("")));
  co_return fields;
}

}  // namespace linekeeper::auth
