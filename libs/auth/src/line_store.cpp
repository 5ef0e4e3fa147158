#include "linekeeper/auth/line_store.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "line_store_impl.hpp"
#include "linekeeper/auth/keys.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/random.hpp"
#include "scripts.hpp"

namespace linekeeper::auth {
namespace {

constexpr std::chrono::milliseconds kBetweenAttempts{50};

/// Whether a full server has to refuse it. Outcomes, statuses and whatever frees memory pass: they are small, few, and
/// the way out.
bool needs_room(const Commit& commit) {
  if (commit.wipe != Commit::Wipe::keep) return false;
  const bool puts = std::any_of(commit.fields.begin(), commit.fields.end(),
                                [](const auto& field) { return field.second.has_value(); });
  const bool begins = std::any_of(commit.ledger.begin(), commit.ledger.end(),
                                  [](const LedgerRecord& record) { return !record.finished(); });
  return puts || begins || !commit.inbound.empty() || !commit.pending.empty();
}

}  // namespace

bool unreadable(error_code error) noexcept {
  return error == Errc::unknown_key || error == Errc::decrypt_failed || error == Errc::unsupported_version ||
         error == Errc::malformed_value;
}

Result<SealerPtr> LineStore::Impl::sealer_for(const LineHead& wanted) {
  if (wanted.key_id.empty()) return SealerPtr();
  if (sealer && wanted.key_id == head.key_id && wanted.salt == head.salt) return sealer;
  const KeyRing::Key* key = ring->find(wanted.key_id);
  if (!key) return Errc::unknown_key;
  auto made = std::make_shared<const Sealer>(*key, session, wanted.salt);
  if (wanted.key_id == head.key_id && wanted.salt == head.salt) sealer = made;
  return SealerPtr(made);
}

Result<void> LineStore::Impl::check(const LineHead& found, std::uint64_t version_when_sent) const {
  if (found.damaged && !head.damaged) return Errc::malformed_value;
  if (found.token != token) return Errc::stale_token;
  if (found.version < version_when_sent) return Errc::state_rolled_back;
  if (found.version > head.version + (committing ? 1 : 0)) return Errc::stale_version;
  return ok();
}

void LineStore::Impl::adopt(const LineHead& changed) {
  if (changed.key_id != head.key_id || changed.salt != head.salt) sealer.reset();
  head = changed;
}

Result<FieldWrites> LineStore::Impl::writes_of(const Commit& commit, LineHead& next) {
  FieldWrites writes;
  if (commit.wipe != Commit::Wipe::keep) {
    next.key_id.clear();
    next.salt.clear();
  }
  // A commit that touches no field must not depend on whether the fields open.
  if (commit.fields.empty()) return writes;
  LK_TRY(SealerPtr with, sealer_for(next));
  const bool puts = std::any_of(commit.fields.begin(), commit.fields.end(),
                                [](const auto& field) { return field.second.has_value(); });
  if (!with && puts) {
    next.key_id = writes.key_id = ring->first().id;
    next.salt = writes.salt = crypto::random_bytes(16);
    with = std::make_shared<const Sealer>(ring->first(), session, next.salt);
  }
  for (const auto& [name, value] : commit.fields) {
    if (!with) continue;  // Nothing is there to be erased.
    std::string stored = with->stored_name(name);
    if (value)
      writes.put.emplace_back(std::move(stored), to_text(with->seal_field(name, *value)));
    else
      writes.erase.push_back(std::move(stored));
  }
  return writes;
}

LineStore::LineStore(redis::Connection& connection, std::shared_ptr<const KeyRing> ring, std::string session,
                     Acquisition acquired)
    : impl_(std::make_unique<Impl>(connection, std::move(ring), std::move(session), std::move(acquired))) {}
LineStore::~LineStore() = default;

const std::string& LineStore::session() const noexcept {
  return impl_->session;
}
FencingToken LineStore::token() const noexcept {
  return impl_->token;
}
std::uint64_t LineStore::version() const noexcept {
  return impl_->head.version;
}
const LineHead& LineStore::head() const noexcept {
  return impl_->head;
}

awaitable<Result<Fields>> LineStore::fetch(std::vector<std::string> names) {
  Impl& impl = *impl_;
  LineHead assumed = impl.head;
  const std::uint64_t version = impl.head.version;
  // Twice at most in practice: the second time if the line was sealed anew while the first was on its way.
  for (int attempt = 0; attempt < 3; ++attempt) {
    LK_CO_TRY(const SealerPtr sealer, impl.sealer_for(assumed));
    redis::Command command{"HMGET", key::line(impl.session)};
    command.insert(command.end(), head_fields().begin(), head_fields().end());
    if (sealer)
      for (const std::string& name : names)
        command.push_back(sealer->stored_name(name));
    auto reply = co_await impl.connection.command(std::move(command));
    if (!reply) co_return reply.error();
    LK_CO_TRY(LineHead found, read_head(*reply));
    LK_CO_CHECK(impl.check(found, version));
    if (found.key_id != assumed.key_id || found.salt != assumed.salt) {
      assumed = std::move(found);
      continue;
    }
    Fields fields;
    for (std::size_t i = 0; sealer && i < names.size(); ++i) {
      const redis::Reply& value = reply->at(head_fields().size() + i);
      if (value.is_nil()) continue;
      const auto sealed = value.string();
      if (!sealed) co_return Errc::malformed_value;
      LK_CO_TRY(Bytes opened, sealer->open_field(names[i], as_bytes(*sealed)));
      fields.emplace(names[i], std::move(opened));
    }
    co_return fields;
  }
  co_return Errc::stale_version;
}

awaitable<Result<Fields>> LineStore::fetch_all() {
  Impl& impl = *impl_;
  const std::uint64_t version = impl.head.version;
  redis::Command heads{"HMGET", key::line(impl.session)};
  heads.insert(heads.end(), head_fields().begin(), head_fields().end());
  std::vector<redis::Command> commands{{"MULTI"}, std::move(heads), {"HGETALL", key::line(impl.session)}, {"EXEC"}};
  auto replies = co_await impl.connection.pipeline(std::move(commands));
  if (!replies) co_return replies.error();
  for (const redis::Reply& reply : *replies)
    if (const error_code error = redis::error_of(reply)) co_return error;
  LK_CO_TRY(const LineHead found, read_head(replies->back().at(0)));
  LK_CO_CHECK(impl.check(found, version));
  LK_CO_TRY(const SealerPtr sealer, impl.sealer_for(found));
  Fields fields;
  const redis::Reply::Array* all = replies->back().at(1).array();
  for (std::size_t i = 0; sealer && all && i + 1 < all->size(); i += 2) {
    const std::string_view name = (*all)[i].string().value_or("");
    if (name.size() != 16) continue;
    LK_CO_TRY(Sealer::Named named, sealer->open_stored(name, as_bytes((*all)[i + 1].string().value_or(""))));
    fields.emplace(std::move(named.field), std::move(named.value));
  }
  co_return fields;
}

awaitable<Result<LineStore::Fresh>> LineStore::commit(Commit commit, net::Deadline until) {
  return this->commit(std::make_shared<const Commit>(std::move(commit)), until);
}

awaitable<Result<LineStore::Fresh>> LineStore::commit(std::shared_ptr<const Commit> commit, net::Deadline until) {
  Impl& impl = *impl_;
  std::string archive;
  if (commit->wipe == Commit::Wipe::archive) {
    auto fields = co_await fetch_all();
    if (!fields) co_return fields.error();
    if (!fields->empty()) archive = impl.codec.seal_archive(*fields);
  }
  LineHead next = impl.head;
  LK_CO_TRY(FieldWrites writes, impl.writes_of(*commit, next));
  auto fresh = co_await impl.write(std::move(commit), std::move(writes), std::move(archive), std::move(next), until);
  co_return fresh;
}

awaitable<Result<LineStore::Fresh>> LineStore::Impl::write(std::shared_ptr<const Commit> commit, FieldWrites writes,
                                                           std::string archive, LineHead next, net::Deadline until) {
  if (committing) co_return Errc::invalid_argument;
  if (commit->status) next.status = *commit->status;
  if (commit->desired) next.desired = *commit->desired;
  next.commit = to_hex(crypto::random_bytes(8));
  if (!head.damaged || commit->wipe == Commit::Wipe::reset) {
    next.version = head.version + 1;
    next.stored_version = std::to_string(next.version);
    next.damaged = false;
  }
  const std::vector<std::string> keys = commit_keys(session, *commit);
  const std::vector<std::string> body = commit_arguments(*commit, writes, archive, codec);
  const redis::Script& script = needs_room(*commit) ? scripts::commit() : scripts::commit_when_full();

  committing = true;
  Result<redis::Reply> reply = Errc::store_unavailable;
  for (bool unanswered = false;;) {
    next.run_id = connection.server() ? connection.server()->run_id : std::string();
    std::vector<std::string> args{std::to_string(token), head.stored_version, next.stored_version, next.commit,
                                  next.run_id};
    args.insert(args.end(), body.begin(), body.end());
    const net::Deadline deadline = connection.default_deadline().or_sooner(until);
    reply = co_await connection.eval(script, keys, std::move(args), deadline);
    // A full server refuses the repetition of a commit that it may have applied: that is no answer to the first one.
    const bool certain = reply || (reply.error() != Errc::store_unavailable && !unanswered);
    if (certain || until.passed()) break;
    unanswered = true;
    if (reply.error() != Errc::store_unavailable) {
      redis::Command look{"HGET", key::line(session), "commit"};
      auto last = co_await connection.command(std::move(look), connection.default_deadline().or_sooner(until));
      if (last && last->string() != next.commit) break;
      if (last) {
        redis::Command ask{"HMGET", key::line(session), "version", "fresh"};
        auto applied = co_await connection.command(std::move(ask), connection.default_deadline().or_sooner(until));
        if (applied) {
          redis::Reply::Array answer{redis::Reply(std::string("ok")), applied->at(0), applied->at(1)};
          reply = redis::Reply(std::move(answer));
          break;
        }
      }
    }
    asio::steady_timer pause(connection.executor());
    pause.expires_at(std::min(until.when(), net::Deadline::after(kBetweenAttempts).when()));
    boost::system::error_code woken;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  committing = false;

  if (!reply) co_return reply.error();
  const auto verdict = reply->at(0).string();
  if (verdict == "stale_token") co_return Errc::stale_token;
  if (verdict == "stale_version") {
    const auto stored = reply->at(1).integer();
    const bool lower = stored && static_cast<std::uint64_t>(*stored) < head.version;
    co_return make_error_code(lower ? Errc::state_rolled_back : Errc::stale_version);
  }
  const auto digits = reply->at(2).string();
  if (verdict != "ok" || !digits || digits->size() != commit->inbound.size()) co_return Errc::malformed_value;
  adopt(next);
  Fresh fresh;
  for (const char digit : *digits)
    fresh.push_back(digit == '1');
  co_return fresh;
}

void LineStore::use(std::shared_ptr<const KeyRing> ring) {
  impl_->ring = std::move(ring);
  impl_->codec = RecordCodec(impl_->ring, impl_->session);
}

bool LineStore::wants_resealing() const noexcept {
  return !impl_->head.key_id.empty() && impl_->head.key_id != impl_->ring->first().id;
}

awaitable<Result<void>> LineStore::reseal(net::Deadline until) {
  Impl& impl = *impl_;
  Commit commit;
  auto open = co_await open_commands();
  if (!open) co_return open.error();
  commit.ledger = std::move(open->records);
  auto pending = co_await pending_events();
  if (!pending) co_return pending.error();
  commit.pending = std::move(pending->events);

  LineHead next = impl.head;
  FieldWrites writes;
  if (!impl.head.key_id.empty()) {
    auto fields = co_await fetch_all();
    if (!fields) co_return fields.error();
    LK_CO_TRY(const SealerPtr before, impl.sealer_for(impl.head));
    next.key_id = writes.key_id = impl.ring->first().id;
    next.salt = writes.salt = impl.head.salt;
    const Sealer after(impl.ring->first(), impl.session, next.salt);
    for (const auto& [name, value] : *fields) {
      writes.erase.push_back(before->stored_name(name));
      writes.put.emplace_back(after.stored_name(name), to_text(after.seal_field(name, value)));
    }
  }
  auto what = std::make_shared<const Commit>(std::move(commit));
  auto done = co_await impl.write(std::move(what), std::move(writes), {}, std::move(next), until);
  if (!done) co_return done.error();
  co_return ok();
}

}  // namespace linekeeper::auth
