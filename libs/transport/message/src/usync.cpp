#include "linekeeper/message/usync.hpp"

#include <algorithm>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport::message {
namespace {

Node query(std::string_view id, std::string_view sid, std::string_view context, std::vector<Node> asked,
           std::vector<Node> users) {
  return iq_get(id, "usync")
      .add(Node("usync")
               .with("sid", sid)
               .with("mode", "query")
               .with("last", "true")
               .with("index", "0")
               .with("context", context)
               .add(Node("query").add_all(std::move(asked)))
               .add(Node("list").add_all(std::move(users))));
}

std::vector<Node> by_address(std::span<const Jid> jids) {
  std::vector<Node> users;
  users.reserve(jids.size());
  for (const Jid& jid : jids)
    users.push_back(Node("user").with("jid", jid.bare()));
  return users;
}

std::string digits(std::string_view text) {
  // The echo comes with or without `+`, and from some servers as an old-style address.
  if (const auto at = text.find('@'); at != std::string_view::npos) text = text.substr(0, at);
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), [](char c) { return c >= '0' && c <= '9'; });
  return out;
}

UsyncUser parse_user(const Node& node) {
  UsyncUser user;
  user.jid = node.jid("jid");
  user.pn = node.jid("pn_jid");
  if (user.jid && user.jid->is_pn() && !user.pn) user.pn = user.jid;
  if (user.jid && user.jid->is_lid()) user.lid = user.jid;
  if (const Node* lid = node.child("lid")) {
    const auto value = lid->jid("val");
    if (value && value->is_lid() && value->is_user()) user.lid = value;
  }
  if (const Node* devices = node.child("devices")) {
    user.devices_error = error_in(*devices);
    user.devices = user.devices_error ? Result<DeviceList>(Errc::iq_error) : parse_device_list(*devices);
  }
  if (const Node* contact = node.child("contact")) {
    user.contact_type = contact->attr("type");
    user.contact_query = digits(contact->text());
  }
  return user;
}

}  // namespace

Node devices_query(std::string_view id, std::string_view sid, std::span<const Jid> users, std::string_view context) {
  return query(id, sid, context, {Node("devices").with("version", "2"), Node("lid")}, by_address(users));
}

Node lid_query(std::string_view id, std::string_view sid, std::span<const Jid> users) {
  return query(id, sid, "background", {Node("lid")}, by_address(users));
}

Node contact_query(std::string_view id, std::string_view sid, std::span<const std::string> numbers) {
  std::vector<Node> users;
  users.reserve(numbers.size());
  for (const std::string& number : numbers)
    users.push_back(Node("user").add(Node("contact").holding_bytes(as_bytes("+" + digits(number)))));
  return query(id, sid, "interactive", {Node("contact"), Node("lid")}, std::move(users));
}

Result<UsyncAnswer> parse_usync(const Node& answer) {
  LK_CHECK(expect_result(answer));
  const Node* usync = answer.child("usync");
  if (usync == nullptr) return Errc::malformed_message;
  UsyncAnswer out;
  if (const Node* result = usync->child("result")) {
    for (const Node& part : result->children()) {
      if (auto error = error_in(part)) out.errors.emplace_back(part.tag, std::move(*error));
    }
  }
  const Node* list = usync->child("list");
  if (list == nullptr && out.errors.empty()) return Errc::malformed_message;
  if (list == nullptr) return out;
  for (const Node& user : list->children()) {
    if (user.tag != "user" || (user.has("jid") && !user.jid("jid"))) return Errc::malformed_message;
    out.users.push_back(parse_user(user));
  }
  return out;
}

NumberAnswer number_in(const UsyncAnswer& answer, std::string_view number) {
  const std::string wanted = digits(number);
  const auto found = std::find_if(answer.users.begin(), answer.users.end(),
                                  [&](const UsyncUser& user) { return user.contact_query == wanted; });
  if (wanted.empty() || found == answer.users.end() || found->contact_type != "in") return {};
  const auto& jid = found->pn ? found->pn : found->jid;
  if (!jid || !jid->is_user()) return {};
  return {true, *jid, found->lid};
}

}  // namespace linekeeper::transport::message
