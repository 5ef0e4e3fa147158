#include <optional>

#include "connection.hpp"
#include "flows.hpp"
#include "linekeeper/message/offline.hpp"
#include "linekeeper/message/prekeys.hpp"
#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

/// The hidden id may be told for the first time, or be a new one.
void learn_lid(DeviceCredentials& credentials, const Node& success, Changes& changes) {
  const auto lid = success.jid("lid");
  if (!lid || !lid->is_lid() || lid->user.empty()) return;
  const Jid mine = lid->with_device(credentials.me->device);
  if (credentials.lid == mine) return;
  credentials.lid = mine;
  changes.push_back({lid_field(credentials.me->user), to_bytes(mine.user)});
  changes.push_back({pn_field(mine.user), to_bytes(credentials.me->user)});
}

}  // namespace

asio::awaitable<void> log_in(Connection& line, Node success) {
  {
    auto guard = co_await line.lock_state();
    if (!guard) co_return;
    DeviceCredentials credentials = line.credentials();
    Changes changes;
    learn_lid(credentials, success, changes);
    ++credentials.login_counter;
    changes.push_back({std::string(kCredentialsField), serialize(credentials)});
    auto stored = co_await line.commit(std::move(changes));
    if (!stored) co_return;
    line.set_credentials(std::move(credentials));
  }
  line.logged_in();
  if (line.ended()) co_return;

  // The order of all known clients: prekeys first, so that whoever writes to us as soon as we are active finds some.
  Node count = message::count_request(line.next_id());
  auto counted = co_await line.ask(std::move(count));
  if (line.ended()) co_return;
  if (counted) {
    const auto known = message::parse_count(*counted);
    if (known && *known >= line.settings().bounds.low_prekeys && !line.credentials().prekeys_uploaded) {
      // It has some, but state that went back in time may not know them.
      co_await check_digest(line);
    } else if (known) {
      co_await refill_prekeys(line, *known);
    }
  }
  if (line.ended()) co_return;

  // The queue comes between the request and its answer or after it: both are right.
  Node request = message::active_request(line.next_id());
  line.active();
  auto activated = co_await line.ask(std::move(request));
  (void)activated;      // An answer is not needed: the queue's end, or its silence, says the same.
  line.offline_over();  // Some servers have said that the queue is empty before they were asked for it.
}

}  // namespace linekeeper::transport
