// What is known of a line when its lease is gained: reads it and sets up its desks.

#include "line/line_runner.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/pairing/credentials.hpp"
#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::worker {

awaitable<bool> LineRunner::load() {
  Held& held = *held_;
  std::optional<error_code> unreadable;
  const char* what = "head";
  const bool damaged = held.journal.store().head().damaged;
  auto stored = read_line(held.journal.store().head(), held.record);
  if (damaged || !stored) {
    unreadable = stored ? make_error_code(Errc::malformed_value) : stored.error();
    stored = lifecycle::Stored{};
  }
  held.journal.purge_before(held.record.purged_at_ms);
  std::vector<std::string> names{std::string(transport::kCredentialsField)};
  const auto fields = co_await held.journal.fetch(std::move(names));
  if (!fields) {
    const error_code why = fields.error();
    if (!auth::unreadable(why)) co_return false;
    if (!unreadable) what = "credentials";
    unreadable = why;
  } else if (const auto found = fields->find(transport::kCredentialsField); found != fields->end()) {
    const auto credentials = transport::parse_credentials(found->second);
    if (!credentials) {
      if (!unreadable) what = "credentials";
      unreadable = credentials.error();
    } else {
      stored->registered = credentials->registered();
      if (credentials->me) held.events.know(credentials->me->user, credentials->lid ? credentials->lid->user : "");
    }
  }
  auto open = co_await held.journal.store().open_commands();
  if (!open) co_return false;
  auto pending = co_await held.journal.store().pending_events();
  if (!pending) co_return false;

  if (unreadable) {
    // Nothing is wiped: with the right key ring, or after a reset, the line comes back.
    context_.log.error(
        "what is stored of a line does not open: check the key ring, or reset the line",
        {{"session", session_}, {"code", "STATE_UNREADABLE"}, {"value", what}, {"error", unreadable->message()}});
    stored->registered = true;
    stored->status = v1::LINE_STATUS_STOPPED;
    stored->code = v1::STATE_UNREADABLE;
    stored->detail = what;
    stored->next_retry_at.reset();
  }
  if (!open->unreadable.empty() || pending->unreadable > 0) {
    context_.log.error("records of a line do not open; they stay for who has their key, or until a reset",
                       {{"session", session_},
                        {"code", "STATE_UNREADABLE"},
                        {"commands", open->unreadable.size()},
                        {"events", pending->unreadable}});
  }
  lifecycle::Lifecycle::Settings settings;
  settings.backoff_most = context_.rules.backoff_most;
  settings.conflict_retry = context_.rules.conflict_retry;
  settings.version = context_.wire.profile.version.str();
  held.lifecycle = std::make_unique<lifecycle::Lifecycle>(settings, std::move(*stored));

  if (!damaged) look_back();
  std::vector<auth::LedgerRecord> sends;
  std::vector<auth::LedgerRecord> controls;
  for (auth::LedgerRecord& record : open->records)
    (record.kind == auth::CommandKind::send ? sends : controls).push_back(std::move(record));

  LineView view;
  view.status = [this] { return held_->lifecycle->status(); };
  view.barriers = [this] { return barriers(); };
  view.connected = [this]() -> transport::Line* { return line_ && line_->connected() ? line_.get() : nullptr; };
  view.paused = [this](const SendPauses& pauses) { sends_paused(pauses); };
  held.events.know(held.record.pauses);
  held.sends =
      std::make_unique<SendDesk>(context_, session_, held.journal, held.events, std::move(view), held.record.pauses);
  held.controls = std::make_unique<ControlDesk>(context_, session_, held.journal, held.events, *this);
  held.inbox = std::make_unique<Inbox>(context_, session_, held.journal, held.events, [this](std::string_view id) {
    return held_ && held_->sends ? held_->sends->command_of(id) : std::string();
  });
  held.journal.when_later([this] {
    if (flushing_ || stopping_) return;
    flushing_ = true;
    tasks_.spawn(flush_later());
  });
  held.journal.when_full([this](FullStore turn) { store_full(turn); });
  held.journal.when_broken([this](error_code why) { store_broken(why); });
  held.inbox->start(std::move(pending->events));
  held.controls->start(std::move(controls));
  held.sends->start(std::move(sends));
  co_return true;
}

}  // namespace linekeeper::worker
