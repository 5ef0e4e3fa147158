#include <algorithm>

#include "admin_api.hpp"
#include "admin_json.hpp"
#include "views.hpp"

namespace linekeeper::sandbox {

using nlohmann::json;

awaitable<http::Response> AdminApi::list_devices(Call call) {
  json devices = json::array();
  const auto phone = call.request.parameter("phone");
  for (const auto& account : core().directory.all()) {
    if (phone && account->number() != *phone) continue;
    for (const auto& [id, companion] : account->companions)
      devices.push_back(view(*companion));
  }
  co_return answer_json({{"devices", devices}});
}

awaitable<http::Response> AdminApi::list_connections(Call) {
  json connections = json::array();
  for (const auto& [id, line] : core().lines)
    connections.push_back(view(line, core().clock_ms().count()));
  std::sort(connections.begin(), connections.end(),
            [](const json& a, const json& b) { return a["connection"] < b["connection"]; });
  co_return answer_json({{"connections", connections}});
}

awaitable<http::Response> AdminApi::journal(Call call) {
  const auto filter = condition_of(call.request);
  if (!filter) co_return refuse(400, "device, connection and since are numbers");
  if (filter->phone.empty() && !filter->connection) co_return refuse(400, "name a phone or a connection");
  co_return answer_json({{"stanzas", read_journal(core(), *filter)}, {"newest", core().journal_number()}});
}

awaitable<http::Response> AdminApi::counters(Call) {
  json out = view(core().counters);
  out["phones"] = core().directory.all().size();
  out["connections_now"] = core().lines.size();
  out["media"] = {{"blobs", media_.count()}, {"bytes", media_.bytes()}};
  DeviceCounters sum;
  std::size_t devices = 0;
  std::size_t unconfirmed = 0;
  for (const auto& account : core().directory.all()) {
    for (const auto& [id, companion] : account->companions) {
      ++devices;
      unconfirmed += companion->queue.size();
      sum.delivered += companion->counters.delivered;
      sum.redelivered += companion->counters.redelivered;
      sum.confirmed += companion->counters.confirmed;
      sum.retries_asked += companion->counters.retries_asked;
      sum.nacks += companion->counters.nacks;
      sum.messages_repeated += companion->counters.messages_repeated;
      sum.messages_to_nobody += companion->counters.messages_to_nobody;
      sum.keyless_bundles += companion->counters.keyless_bundles;
    }
  }
  out["devices"] = devices;
  out["unconfirmed"] = unconfirmed;
  out["delivered"] = sum.delivered;
  out["redelivered"] = sum.redelivered;
  out["confirmed"] = sum.confirmed;
  out["retries_asked"] = sum.retries_asked;
  out["nacks"] = sum.nacks;
  out["messages_repeated"] = sum.messages_repeated;
  out["messages_to_nobody"] = sum.messages_to_nobody;
  out["keyless_bundles"] = sum.keyless_bundles;
  co_return answer_json(out);
}

}  // namespace linekeeper::sandbox
