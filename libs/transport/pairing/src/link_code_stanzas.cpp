#include "linekeeper/pairing/link_code_stanzas.hpp"

#include <array>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::string_view kTag = "link_code_companion_reg";
constexpr std::string_view kRef = "link_code_pairing_ref";
constexpr std::string_view kWrappedCompanion = "link_code_pairing_wrapped_companion_ephemeral_pub";
constexpr std::string_view kWrappedPrimary = "link_code_pairing_wrapped_primary_ephemeral_pub";
constexpr std::string_view kNoise = "companion_server_auth_key_pub";
constexpr std::string_view kPlatformId = "companion_platform_id";
constexpr std::string_view kPlatformDisplay = "companion_platform_display";
constexpr std::string_view kNonce = "link_code_pairing_nonce";
constexpr std::string_view kPrimaryIdentity = "primary_identity_pub";
constexpr std::string_view kBundle = "link_code_pairing_wrapped_key_bundle";
constexpr std::string_view kCompanionIdentity = "companion_identity_public";

Node holding(std::string_view tag, ByteView bytes) {
  return Node(tag).holding_bytes(bytes);
}

Node request(std::string_view id, Node body) {
  return Node("iq")
      .with("to", server_jid())
      .with("type", "set")
      .with("id", id)
      .with("xmlns", "md")
      .add(std::move(body));
}

Node notification(std::string_view id, std::int64_t time, Node body) {
  return Node("notification")
      .with("from", server_jid())
      .with("type", kTag)
      .with("id", id)
      .with("t", time)
      .add(std::move(body));
}

Jid phone_jid(const std::string& digits) {
  return {digits, Server::pn, 0, 0};
}

/// The body of a stanza of this stage; null for any other.
const Node* body_of(const Node& stanza, LinkStage stage) noexcept {
  return link_stage(stanza) == stage ? stanza.child(kTag) : nullptr;
}

ByteView content(const Node& body, std::string_view tag) noexcept {
  const Node* child = body.child(tag);
  return child != nullptr ? child->bytes() : ByteView();
}

std::string phone_of(const Node& body) {
  const auto jid = body.jid("jid");
  return jid ? jid->user : std::string();
}

}  // namespace

LinkStage link_stage(const Node& stanza) noexcept {
  const Node* body = stanza.child(kTag);
  if (body == nullptr) return LinkStage::unknown;
  constexpr std::array<std::pair<std::string_view, LinkStage>, 4> kStages{
      {{"companion_hello", LinkStage::companion_hello},
       {"primary_hello", LinkStage::primary_hello},
       {"companion_finish", LinkStage::companion_finish},
       {"refresh_code", LinkStage::refresh_code}}};
  for (const auto& [text, stage] : kStages)
    if (body->attr_is("stage", text)) return stage;
  return LinkStage::unknown;
}

Node companion_hello(const CompanionHello& hello) {
  Node body(kTag);
  body.with("jid", phone_jid(hello.phone)).with("stage", "companion_hello");
  body.with("should_show_push_notification", hello.push_notification ? "true" : "false");
  body.add(holding(kWrappedCompanion, hello.wrapped_ephemeral));
  body.add(holding(kNoise, hello.noise));
  body.add(holding(kPlatformId, as_bytes(hello.platform_id)));
  body.add(holding(kPlatformDisplay, as_bytes(hello.platform_display)));
  constexpr std::array<std::uint8_t, 1> kZero{0};
  body.add(holding(kNonce, kZero));
  return request(hello.id, std::move(body));
}

Result<CompanionHello> parse_companion_hello(const Node& stanza) {
  const Node* body = body_of(stanza, LinkStage::companion_hello);
  if (body == nullptr) return Errc::malformed_message;
  const auto wrapped = exactly<80>(content(*body, kWrappedCompanion));
  const auto noise = exactly<32>(content(*body, kNoise));
  const ByteView display = content(*body, kPlatformDisplay);
  if (!wrapped || !noise || display.empty() || display.size() > 100) return Errc::malformed_message;
  CompanionHello out;
  out.id = stanza.attr("id").value_or("");
  out.phone = phone_of(*body);
  out.push_notification = !body->attr_is("should_show_push_notification", "false");
  out.wrapped_ephemeral = *wrapped;
  out.noise = *noise;
  out.platform_id = to_text(content(*body, kPlatformId));
  out.platform_display = to_text(display);
  return out;
}

Node companion_hello_result(const Node& iq, ByteView ref) {
  return Node("iq")
      .with("from", server_jid())
      .with("type", "result")
      .with("id", iq.attr("id").value_or(""))
      .add(Node(kTag).with("stage", "companion_hello").add(holding(kRef, ref)));
}

Result<Bytes> parse_companion_hello_result(const Node& iq) {
  // Some servers leave the stage out here.
  const Node* body = iq.child(kTag);
  if (body == nullptr || content(*body, kRef).empty()) return Errc::malformed_message;
  return to_bytes(content(*body, kRef));
}

Node companion_hello_notification(const Node& hello_iq, ByteView ref, std::string_view id, std::int64_t time) {
  Node body(kTag);
  body.with("stage", "companion_hello").add(holding(kRef, ref));
  if (const Node* hello = hello_iq.child(kTag))
    for (const Node& child : hello->children())
      body.add(child);
  return notification(id, time, std::move(body));
}

Node primary_hello(const PrimaryHello& hello) {
  Node body(kTag);
  body.with("stage", "primary_hello");
  body.add(holding(kWrappedPrimary, hello.wrapped_ephemeral));
  body.add(holding(kPrimaryIdentity, hello.primary_identity));
  body.add(holding(kRef, hello.ref));
  return request(hello.id, std::move(body));
}

Result<PrimaryHello> parse_primary_hello(const Node& stanza) {
  const Node* body = body_of(stanza, LinkStage::primary_hello);
  if (body == nullptr) return Errc::malformed_message;
  const auto wrapped = exactly<80>(content(*body, kWrappedPrimary));
  const auto identity = exactly<32>(content(*body, kPrimaryIdentity));
  const ByteView ref = content(*body, kRef);
  if (!wrapped || !identity || ref.empty()) return Errc::malformed_message;
  return PrimaryHello{stanza.attr("id").value_or(""), *wrapped, *identity, to_bytes(ref)};
}

Node companion_finish(const CompanionFinish& finish) {
  Node body(kTag);
  body.with("jid", phone_jid(finish.phone)).with("stage", "companion_finish");
  body.add(holding(kBundle, finish.bundle));
  body.add(holding(kCompanionIdentity, finish.companion_identity));
  body.add(holding(kRef, finish.ref));
  return request(finish.id, std::move(body));
}

Result<CompanionFinish> parse_companion_finish(const Node& stanza) {
  const Node* body = body_of(stanza, LinkStage::companion_finish);
  if (body == nullptr) return Errc::malformed_message;
  const auto bundle = exactly<156>(content(*body, kBundle));
  const auto identity = exactly<32>(content(*body, kCompanionIdentity));
  const ByteView ref = content(*body, kRef);
  if (!bundle || !identity || ref.empty()) return Errc::malformed_message;
  return CompanionFinish{stanza.attr("id").value_or(""), phone_of(*body), *bundle, *identity, to_bytes(ref)};
}

Node relay_link_stage(const Node& iq, std::string_view id, std::int64_t time) {
  Node body(kTag);
  if (const Node* sent = iq.child(kTag)) {
    body.with_optional("stage", sent->attr("stage"));
    for (const Node& child : sent->children())
      body.add(child);
  }
  return notification(id, time, std::move(body));
}

Node refresh_code(std::string_view id, std::int64_t time, const RefreshCode& refresh) {
  Node body(kTag);
  body.with("stage", "refresh_code");
  if (refresh.manual) body.with("force_manual_refresh", "true");
  return notification(id, time, std::move(body.add(holding(kRef, refresh.ref))));
}

Result<RefreshCode> parse_refresh_code(const Node& stanza) {
  const Node* body = body_of(stanza, LinkStage::refresh_code);
  if (body == nullptr || content(*body, kRef).empty()) return Errc::malformed_message;
  return RefreshCode{to_bytes(content(*body, kRef)), body->attr_is("force_manual_refresh", "true")};
}

}  // namespace linekeeper::transport
