// Trusted-contact tokens: taken, kept, issued. Shown by send_sessions.cpp.

#include <algorithm>
#include <ctime>

#include "connection.hpp"
#include "contact_trust.hpp"
#include "flows.hpp"
#include "lid_map.hpp"
#include "linekeeper/message/iq.hpp"
#include "linekeeper/message/privacy_token.hpp"
#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

/// What is known about one person's tokens, under whichever address it was kept, and where it belongs by now.
struct Kept {
  ContactTrust trust;
  std::string field;
  Changes changes;  ///< Mappings, and records under the other address.
};

/// Needs the state lock. Nothing: the line ended.
asio::awaitable<std::optional<Kept>> kept_of(Connection& line, LidMap& people, Jid contact) {
  people.want(contact);
  std::vector<std::string> names = people.fields();
  names.push_back(trust_field(contact));
  auto found = co_await line.fetch(std::move(names));
  if (!found) co_return std::nullopt;
  people.load(*found);
  Kept kept;
  kept.field = trust_field(people.canonical(contact));
  if (const auto other = people.other(contact)) {
    std::vector<std::string> late{trust_field(*other)};
    auto more = co_await line.fetch(std::move(late));
    if (!more) co_return std::nullopt;
    found->merge(*more);
  }
  for (const auto& [field, value] : *found) {
    if (!field.starts_with("tct/")) continue;
    if (const auto trust = ContactTrust::read(value)) {
      kept.trust.learn(trust->token, trust->token_at);
      kept.trust.issued_at = std::max(kept.trust.issued_at, trust->issued_at);
    }
    if (field != kept.field) kept.changes.push_back({field, std::nullopt});
  }
  for (auto& change : people.changes())
    kept.changes.push_back(std::move(change));
  co_return kept;
}

asio::awaitable<void> keep(Connection& line, Kept kept) {
  Changes changes = std::move(kept.changes);
  changes.push_back({std::move(kept.field), kept.trust.write()});
  auto stored = co_await line.commit(std::move(changes));
  (void)stored;
}

}  // namespace

asio::awaitable<void> receive_trust(Connection& line, const Node& notification) {
  const auto from = notification.jid("from");
  const auto token = message::trusted_contact_token(notification);
  if (!from || !from->is_user() || line.own().is_self(*from) || !token) co_return;
  auto guard = co_await line.lock_state();
  if (!guard) co_return;
  LidMap people(line.own());
  if (const auto lid = notification.jid("sender_lid")) people.learn(*from, lid->bare());
  auto kept = co_await kept_of(line, people, from->account());
  if (!kept || !kept->trust.learn(token->bytes, static_cast<std::int64_t>(token->time))) co_return;
  co_await keep(line, std::move(*kept));
}

asio::awaitable<void> issue_trust(Connection& line, Jid contact, std::optional<Jid> number) {
  if (!line.start_trusting(contact)) co_return;
  const auto now = static_cast<std::int64_t>(std::time(nullptr));
  // By number unless the server's properties say otherwise, which we do not ask for.
  Node request = message::trust_request(line.next_id(), number.value_or(contact), static_cast<std::uint64_t>(now));
  auto answer = co_await line.ask(std::move(request));
  // Refused or not answered: the next message to them tries again.
  if (answer && is_result(*answer)) {
    auto guard = co_await line.lock_state();
    if (guard) {
      LidMap people(line.own());
      if (number) people.learn(contact, *number);
      auto kept = co_await kept_of(line, people, contact);
      if (kept) {
        kept->trust.issued_at = now;
        co_await keep(line, std::move(*kept));
      }
    }
  }
  line.done_trusting(contact);
}

}  // namespace linekeeper::transport
