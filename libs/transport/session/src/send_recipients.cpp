// To whom a message goes: the person's address, their devices and our own, their token.

#include <ctime>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/iq.hpp"
#include "linekeeper/message/usync.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "sending.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

std::int64_t unix_now() {
  return static_cast<std::int64_t>(std::time(nullptr));
}

/// A number we never wrote to: does it exist, and how does WhatsApp write it? Asked once, then its devices are cached.
asio::awaitable<bool> find_stranger(Sending& s, Jid& to) {
  std::vector<std::string> numbers{to.user};
  Node query = message::contact_query(s.line.next_id(), s.line.next_id(), numbers);
  auto answer = co_await s.line.ask(std::move(query));
  if (!answer || !is_result(*answer)) co_return s.stop_on(answer);
  const auto parsed = message::parse_usync(*answer);
  if (!parsed) co_return s.stop(SendOutcome::server_trouble);
  if (!parsed->errors.empty()) {
    const auto code = static_cast<int>(parsed->errors.front().second.code % 10'000);
    co_return s.stop(code == 429 ? SendOutcome::rate_limited : SendOutcome::server_trouble, code);
  }
  const auto found = message::number_in(*parsed, to.user);
  if (!found.registered) co_return s.stop(SendOutcome::recipient_unknown);
  if (found.lid) s.people.learn(found.jid, *found.lid);
  to = found.jid.account();
  co_return true;
}

}  // namespace

asio::awaitable<bool> find_recipients(Sending& s) {
  Jid to = s.message.to.account();
  s.people.want(to);
  const auto now = unix_now();
  const auto max_age = std::chrono::duration_cast<std::chrono::seconds>(s.line.settings().times.device_lists).count();

  std::vector<std::string> names = s.people.fields();
  names.push_back(devices_field(to));
  names.push_back(devices_field(s.line.own().pn));
  const auto trusted = [&](std::vector<std::string>& fields) {
    if (s.line.own().is_self(to)) return;
    fields.push_back(trust_field(to));
    if (const auto other = s.people.other(to)) fields.push_back(trust_field(*other));
  };
  auto found = co_await s.line.fetch(std::move(names));
  if (!found) co_return s.stop(SendOutcome::not_connected);
  s.people.load(*found);

  const bool stranger =
      to.is_pn() && !s.line.own().is_self(to) && !s.people.other(to) && !found->contains(devices_field(to));
  if (stranger) {
    const bool exists = co_await find_stranger(s, to);
    if (!exists) co_return false;
  }
  RecipientLists lists(s.line.own(), to, now, max_age);
  std::vector<std::string> more = lists.fields(s.people);
  trusted(more);
  auto cached = co_await s.line.fetch(std::move(more));
  if (!cached) co_return s.stop(SendOutcome::not_connected);
  lists.load(*cached, s.people, s.distrust != Sending::Distrust::nothing);
  for (const auto& [field, value] : *cached) {
    if (!field.starts_with("tct/")) continue;
    // What cannot be read is as good as absent: the next token replaces it.
    if (auto trust = ContactTrust::read(value); trust && trust->token_at >= s.trust.token_at)
      s.trust = std::move(*trust);
  }

  // The hidden id is what chats are about: asked for under it where it is known. Where we doubt what we know, by
  // number: the answer names the hidden id that belongs to it by now.
  std::vector<Jid> missing = lists.missing();
  if (!missing.empty()) {
    for (Jid& user : missing) {
      if (s.line.own().is_self(user)) continue;
      user = s.people.canonical(user);
      if (s.distrust == Sending::Distrust::nothing) continue;
      if (const auto number = s.people.other(user); number && user.is_lid()) user = *number;
    }
    Node query = message::devices_query(s.line.next_id(), s.line.next_id(), missing);
    auto answer = co_await s.line.ask(std::move(query));
    if (!answer || !is_result(*answer)) co_return s.stop_on(answer);
    const auto parsed = message::parse_usync(*answer);
    if (!parsed) co_return s.stop(SendOutcome::server_trouble);
    for (const auto& [what, error] : parsed->errors) {
      if (what != "devices") continue;
      const auto code = static_cast<int>(error.code % 10'000);
      co_return s.stop(code == 429 ? SendOutcome::rate_limited : SendOutcome::server_trouble, code);
    }
    lists.answered(*parsed, s.people);
  }
  s.to = lists.result(s.people);
  s.learned = lists.changes(s.people);
  for (auto& change : s.people.changes())
    s.learned.push_back(std::move(change));
  if (s.to.theirs.empty() && !s.to.to_self) co_return s.stop(SendOutcome::no_device);
  co_return true;
}

}  // namespace linekeeper::transport
