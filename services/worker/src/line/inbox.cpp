#include "line/inbox.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "clock.hpp"
#include "crash_point.hpp"
#include "line/send_request.hpp"
#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {
namespace {

v1::OutboundState state_of(transport::ReceiptKind kind) {
  switch (kind) {
    case transport::ReceiptKind::delivered: return v1::OUTBOUND_STATE_DELIVERED;
    case transport::ReceiptKind::read:
    case transport::ReceiptKind::played: return v1::OUTBOUND_STATE_READ;
  }
  return v1::OUTBOUND_STATE_DELIVERED;
}

}  // namespace

Inbox::Inbox(LineContext& context, std::string session, LineJournal& journal, LineEvents& events,
             std::function<std::string(std::string_view)> command_of)
    : context_(context),
      session_(std::move(session)),
      journal_(journal),
      events_(events),
      command_of_(std::move(command_of)),
      tasks_(context.executor, rethrow) {}

void Inbox::start(std::vector<auth::PendingEvent> found) {
  perform(ledger_.on_held(std::move(found)));
}

awaitable<void> Inbox::drained() {
  // What was acknowledged just before is told by a post.
  co_await asio::post(context_.executor, asio::use_awaitable);
  co_await tasks_.join();
}

awaitable<void> Inbox::stop() {
  co_await tasks_.join();
}

awaitable<Result<bool>> Inbox::take(transport::Inbound inbound, transport::Changes changes) {
  if (auto* message = std::get_if<transport::InboundMessage>(&inbound)) {
    auto taken = co_await take_message(std::move(*message), std::move(changes));
    co_return taken;
  }
  auto taken = co_await take_receipt(std::move(std::get<transport::OutboundReceipt>(inbound)), std::move(changes));
  co_return taken;
}

Bytes Inbox::digest_of(const transport::InboundMessage& message) const {
  return auth::inbound_digest(session_, message.chat.str(), message.sender.str(), message.id);
}

awaitable<Result<bool>> Inbox::knows(transport::InboundMessage message) {
  auto known = co_await journal_.store().has_inbound(digest_of(message));
  co_return known;
}

awaitable<Result<bool>> Inbox::take_message(transport::InboundMessage message, transport::Changes changes) {
  Bytes digest = digest_of(message);
  const std::string id = event_id({"inbound", session_, as_text(digest)});
  Event event = events_.inbound(message, wall_now(), id);

  auth::PendingEvent pending;
  pending.id = id;
  pending.order = ledger_.next_order();
  pending.payload = to_bytes(std::get<v1::MessageEvent>(event.body).SerializeAsString());
  auth::Commit commit;
  commit.fields = fields_of(std::move(changes));
  auth::InboundEntry entry;
  entry.digest = std::move(digest);
  entry.event = pending;
  commit.inbound.push_back(std::move(entry));

  crash_point("inbound.before_commit");
  const auto fresh = co_await journal_.commit(std::move(commit));
  if (!fresh) co_return failure<bool>(fresh.error());
  crash_point("inbound.committed");
  const bool is_new = fresh->empty() || fresh->front();
  if (is_new) context_.metrics.messages_received.add();
  perform(ledger_.on_committed(std::move(pending), is_new));
  co_return is_new;
}

awaitable<Result<bool>> Inbox::take_receipt(transport::OutboundReceipt receipt, transport::Changes changes) {
  if (!changes.empty()) {
    auth::Commit commit;
    commit.fields = fields_of(std::move(changes));
    const auto committed = co_await journal_.commit(std::move(commit));
    if (!committed) co_return failure<bool>(committed.error());
  }
  for (const std::string& id : receipt.ids) {
    v1::OutboundUpdate update;
    update.set_command_id(command_of_(id));
    update.set_message_id(id);
    update.set_to(receipt.chat.str());
    update.set_state(state_of(receipt.kind));
    update.set_device(receipt.device.str());
    *update.mutable_server_time() = timestamp_of(lifecycle::Time(std::chrono::seconds(receipt.at)));
    Event event = events_.outbound(std::move(update), wall_now());
    // The same receipt again, from whatever holder, is the same event.
    event.id =
        event_id({"receipt", session_, id, receipt.device.str(), std::to_string(static_cast<int>(receipt.kind))});
    events_.stamp(event);
    const auto done = co_await context_.events.publish(std::move(event));
    if (!done) co_return failure<bool>(done.error());
  }
  co_return true;
}

void Inbox::perform(auth::InboundLedger::Step step) {
  for (auth::PendingEvent& pending : step.publish)
    tasks_.spawn(publish(std::move(pending)));
  for (const std::string& id : step.acknowledge) {
    // The line writes its receipt as soon as `take` returns, and this runs after that.
    asio::post(context_.executor, [this, id] { perform(ledger_.on_acknowledged(id)); });
  }
}

awaitable<void> Inbox::publish(auth::PendingEvent pending) {
  Event event;
  event.session_id = session_;
  event.id = pending.id;
  v1::MessageEvent body;
  if (!body.ParseFromString(to_text(pending.payload))) {
    context_.log.error("a stored event does not parse; it is dropped", {{"session", session_}, {"id", pending.id}});
  } else {
    event.body = std::move(body);
    events_.stamp(event);
    const auto done = co_await context_.events.publish(std::move(event));
    if (!done) co_return;
  }
  crash_point("inbound.published");
  ledger_.on_published(pending.id);
  // The payload has no further use; it goes with one of the next commits.
  const std::vector<std::string> done = ledger_.to_forget();
  for (const std::string& id : done)
    journal_.forget_event(id);
  ledger_.on_forgotten(done);
}

}  // namespace linekeeper::worker
