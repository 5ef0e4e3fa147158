#include "linekeeper/pairing/pairing_stanzas.hpp"

#include <limits>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {
namespace {

Node request(std::string_view id) {
  return Node("iq").with("to", server_jid()).with("type", "set").with("id", id).with("xmlns", "md");
}

Node holding(std::string_view tag, ByteView bytes) {
  return Node(tag).holding_bytes(bytes);
}

Node removal(std::string_view id, Node what, std::string_view reason) {
  return request(id).add(std::move(what).with("reason", reason));
}

}  // namespace

bool is_pair_device(const Node& iq) noexcept {
  return iq.tag == "iq" && iq.child("pair-device") != nullptr;
}

Result<std::vector<std::string>> parse_pair_device(const Node& iq) {
  const Node* offer = iq.child("pair-device");
  if (offer == nullptr) return Errc::malformed_message;
  std::vector<std::string> refs;
  for (const Node& ref : offer->children())
    if (ref.tag == "ref" && !ref.bytes().empty()) refs.push_back(to_text(ref.bytes()));
  if (refs.empty()) return Errc::malformed_message;
  return refs;
}

Node pair_device(std::string_view id, const std::vector<std::string>& refs) {
  Node offer("pair-device");
  for (const std::string& ref : refs)
    offer.add(holding("ref", as_bytes(ref)));
  return Node("iq")
      .with("from", server_jid())
      .with("type", "set")
      .with("id", id)
      .with("xmlns", "md")
      .add(std::move(offer));
}

Node iq_result_to(const Node& iq) {
  Node out("iq");
  if (const Value* from = iq.find("from")) out.with("to", *from);
  return std::move(out.with("type", "result").with("id", iq.attr("id").value_or("")));
}

Node iq_error_to(const Node& iq, int code, std::string_view text) {
  Node out("iq");
  if (const Value* from = iq.find("from")) out.with("to", *from);
  out.with("type", "error").with("id", iq.attr("id").value_or(""));
  return std::move(out.add(Node("error").with("code", code).with("text", text)));
}

bool asks_registration_refresh(const Node& notification) noexcept {
  return notification.tag == "notification" && notification.attr_is("type", "companion_reg_refresh") &&
         (notification.child("pair-device-rotate-qr") != nullptr ||
          notification.child("companion_reg_refresh") != nullptr);
}

Node notification_ack(const Node& notification) {
  Node out("ack");
  out.with("id", notification.attr("id").value_or(""));
  if (const Value* from = notification.find("from")) out.with("to", *from);
  out.with("class", "notification");
  out.with_optional("type", notification.attr("type"));
  return out;
}

Node pair_success(const PairSuccessParts& parts) {
  Node body("pair-success");
  body.add(Node("jurisdiction").with("iso", parts.country_iso).with("cc", parts.country_code));
  body.add(holding("device-identity", parts.container));
  Node device("device");
  device.with("jid", parts.device);
  if (!parts.lid.user.empty()) device.with("lid", parts.lid);
  body.add(std::move(device));
  body.add(Node("platform").with("name", parts.platform));
  if (!parts.business.empty()) body.add(Node("biz").with("name", parts.business));
  if (!parts.client_props.empty()) body.add(holding("client-props", parts.client_props));
  return Node("iq")
      .with("from", server_jid())
      .with("type", "set")
      .with("id", parts.id)
      .with("xmlns", "md")
      .with("t", parts.time)
      .add(std::move(body));
}

Result<DeviceSign> parse_pair_device_sign(const Node& iq) {
  const Node* sign = iq.child("pair-device-sign");
  const Node* identity = sign != nullptr ? sign->child("device-identity") : nullptr;
  if (identity == nullptr || identity->bytes().empty()) return Errc::malformed_message;
  const auto key_index = identity->number("key-index");
  if (!key_index || *key_index > std::numeric_limits<std::uint32_t>::max()) return Errc::malformed_message;
  return DeviceSign{static_cast<std::uint32_t>(*key_index), to_bytes(identity->bytes())};
}

Node remove_companion_device(std::string_view id, const Jid& device, std::string_view reason) {
  return removal(id, Node("remove-companion-device").with("jid", device), reason);
}

Node remove_all_companions(std::string_view id, std::string_view reason) {
  return removal(id, Node("remove-companion-device").with("all", "true"), reason);
}

Result<CompanionRemoval> parse_remove_companion_device(const Node& iq) {
  const Node* what = iq.child("remove-companion-device");
  if (what == nullptr) return Errc::malformed_message;
  CompanionRemoval out;
  out.reason = what->attr("reason").value_or("");
  out.all = what->attr_is("all", "true");
  if (out.all) return out;
  const auto device = what->jid("jid");
  if (!device) return Errc::malformed_message;
  out.device = *device;
  return out;
}

Node companion_upload(const CompanionUpload& upload) {
  Node body("pair-device");
  body.add(holding("ref", as_bytes(upload.ref)));
  body.add(holding("pub-key", upload.noise_key));
  body.add(holding("device-identity", upload.container));
  body.add(holding("key-index-list", upload.key_index_list).with("ts", upload.key_index_time));
  if (!upload.client_props.empty()) body.add(holding("client-props", upload.client_props));
  return request(upload.id).add(std::move(body));
}

Result<CompanionUpload> parse_companion_upload(const Node& iq) {
  const Node* body = iq.child("pair-device");
  if (body == nullptr) return Errc::malformed_message;
  const Node* ref = body->child("ref");
  const Node* noise_key = body->child("pub-key");
  const Node* container = body->child("device-identity");
  const Node* list = body->child("key-index-list");
  if (ref == nullptr || noise_key == nullptr || container == nullptr || list == nullptr || ref->bytes().empty() ||
      noise_key->bytes().size() != 32 || container->bytes().empty() || list->bytes().empty())
    return Errc::malformed_message;
  const auto time = list->number("ts");
  if (!time) return Errc::malformed_message;
  CompanionUpload out;
  out.id = iq.attr("id").value_or("");
  out.ref = to_text(ref->bytes());
  out.noise_key = to_bytes(noise_key->bytes());
  out.container = to_bytes(container->bytes());
  out.key_index_time = *time;
  out.key_index_list = to_bytes(list->bytes());
  if (const Node* props = body->child("client-props")) out.client_props = to_bytes(props->bytes());
  return out;
}

Node companion_upload_result(const Node& iq, const Jid& device, ByteView device_props) {
  Node out("iq");
  out.with("from", server_jid()).with("type", "result").with("id", iq.attr("id").value_or(""));
  out.add(Node("device").with("jid", device));
  if (!device_props.empty()) out.add(holding("companion-props", device_props));
  return out;
}

Result<Jid> parse_companion_upload_result(const Node& iq) {
  const Node* device = iq.child("device");
  for (const Node& child : iq.children())
    if (device == nullptr) device = child.child("device");
  const auto jid = device != nullptr ? device->jid("jid") : std::nullopt;
  if (!jid) return Errc::malformed_message;
  return *jid;
}

Node publish_key_index_list(std::string_view id, std::uint64_t time, ByteView signed_list) {
  return request(id).add(holding("key-index-list", signed_list).with("ts", time));
}

}  // namespace linekeeper::transport
