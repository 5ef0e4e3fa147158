#include "usync.hpp"

#include <algorithm>

namespace linekeeper::transport {
namespace {

Node query(std::string_view context, std::string_view sid, Node protocols, std::vector<Node> users) {
  Node usync("usync");
  usync.with("sid", sid).with("mode", "query").with("last", "true").with("index", "0").with("context", context);
  usync.add(std::move(protocols)).add(Node("list").add_all(std::move(users)));
  return Node("iq").with("type", "get").with("xmlns", "usync").with("to", server_jid()).add(std::move(usync));
}

const Node* user_list(const Node& iq) {
  const Node* usync = iq.child("usync");
  return usync == nullptr ? nullptr : usync->child("list");
}

std::optional<Jid> lid_of(const Node& user) {
  const Node* lid = user.child("lid");
  if (lid == nullptr) return std::nullopt;
  auto jid = lid->jid("val");
  if (!jid || !jid->is_lid() || jid->user.empty()) return std::nullopt;
  return jid->account();
}

std::string digits_of(std::string_view echo) {
  if (const auto at = echo.find('@'); at != std::string_view::npos) echo = echo.substr(0, at);
  std::string digits;
  std::copy_if(echo.begin(), echo.end(), std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

}  // namespace

Node devices_query(const std::vector<Jid>& users, std::string_view sid) {
  std::vector<Node> list;
  list.reserve(users.size());
  for (const Jid& user : users)
    list.push_back(Node("user").with("jid", user.bare()));
  return query("message", sid, Node("query").add(Node("devices").with("version", "2")).add(Node("lid")),
               std::move(list));
}

std::vector<UserDevices> read_devices_answer(const Node& iq, std::int64_t now) {
  std::vector<UserDevices> out;
  const Node* list = user_list(iq);
  if (list == nullptr) return out;
  for (const Node& user : list->children()) {
    const auto jid = user.jid("jid");
    if (user.tag != "user" || !jid || !jid->is_user()) continue;
    UserDevices entry;
    entry.user = jid->account();
    if (auto pn = user.jid("pn_jid"); pn && pn->is_pn() && !pn->user.empty()) entry.pn = pn->account();
    entry.lid = lid_of(user);
    if (const Node* devices = user.child("devices")) entry.list = read_device_list(*devices, now);
    out.push_back(std::move(entry));
  }
  return out;
}

Node numbers_query(const std::vector<std::string>& numbers, std::string_view sid) {
  std::vector<Node> list;
  list.reserve(numbers.size());
  for (const auto& number : numbers) {
    list.push_back(Node("user").add(Node("contact").holding_bytes(as_bytes("+" + number))));
  }
  return query("interactive", sid, Node("query").add(Node("contact")).add(Node("lid")), std::move(list));
}

std::vector<NumberStatus> read_numbers_answer(const Node& iq, const std::vector<std::string>& numbers) {
  std::vector<NumberStatus> out;
  out.reserve(numbers.size());
  for (const auto& number : numbers)
    out.push_back({number, false, {}, {}});
  const Node* list = user_list(iq);
  if (list == nullptr) return out;

  // The order is not that of the question, and the server may write a number differently: the echo tells which it was,
  // else the address itself, else there was only one.
  for (const Node& user : list->children()) {
    const Node* contact = user.child("contact");
    if (user.tag != "user" || contact == nullptr || !contact->attr_is("type", "in")) continue;
    auto jid = user.jid("jid");
    auto pn = user.jid("pn_jid");
    auto lid = lid_of(user);
    if (jid && jid->is_lid()) {
      lid = jid->account();
      jid = pn;
    }
    if (!jid || !jid->is_pn() || jid->user.empty()) {
      if (!lid) continue;
    }
    const std::string echo = digits_of(contact->text());
    auto at = std::find_if(out.begin(), out.end(), [&](const NumberStatus& s) { return s.number == echo; });
    if (at == out.end() && jid) {
      at = std::find_if(out.begin(), out.end(), [&](const NumberStatus& s) { return s.number == jid->user; });
    }
    if (at == out.end() && out.size() == 1) at = out.begin();
    if (at == out.end()) continue;
    at->registered = true;
    at->jid = jid ? jid->account() : Jid{at->number, Server::pn, 0, 0};
    if (lid) at->lid = *lid;
  }
  return out;
}

int usync_error(const Node& iq) noexcept {
  const Node* usync = iq.child("usync");
  const Node* result = usync == nullptr ? nullptr : usync->child("result");
  if (result == nullptr) return 0;
  for (const Node& protocol : result->children()) {
    if (const Node* error = protocol.child("error")) {
      return static_cast<int>(std::min<std::uint64_t>(error->number("code").value_or(500), 9999));
    }
  }
  return 0;
}

}  // namespace linekeeper::transport
