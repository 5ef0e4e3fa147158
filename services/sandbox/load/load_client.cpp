#include "load_client.hpp"

#include <chrono>

#include "linekeeper/http/client.hpp"
#include "linekeeper/message/ack.hpp"
#include "linekeeper/message/message_id.hpp"
#include "linekeeper/message/prekeys.hpp"
#include "linekeeper/message/receipt.hpp"
#include "linekeeper/node/codec.hpp"
#include "linekeeper/noise/client_handshake.hpp"
#include "linekeeper/pairing/client_payload.hpp"
#include "linekeeper/pairing/pair_success.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/qr.hpp"

namespace linekeeper::sandbox::load {

namespace message = transport::message;
using namespace std::chrono_literals;
using transport::Jid;
using transport::Node;

namespace {

/// Set once at the start: every client trusts the same root.
Key32& trusted_root() {
  static Key32 root{};
  return root;
}

}  // namespace

void trust(const Key32& root) {
  trusted_root() = root;
}

LoadClient::LoadClient(const Target& target) : target_(target), credentials_(transport::fresh_credentials()) {}

awaitable<bool> LoadClient::connect() {
  const net::Deadline deadline = net::Deadline::after(30s);
  auto socket = co_await net::connect_websocket(target_.url, target_.tls, {}, deadline);
  if (!socket) co_return false;
  socket_ = std::move(*socket);
  frames_ = transport::FrameReader();
  cipher_.reset();
  auto payload = transport::client_payload(credentials_, {});
  if (!payload) co_return false;
  transport::ClientHandshake handshake({credentials_.noise, std::move(*payload), trusted_root(), {}, {}, {}});
  Bytes hello = handshake.start();
  const auto sent = co_await socket_.write(std::move(hello), deadline);
  if (!sent) co_return false;
  std::optional<Bytes> answer;
  while (!answer) {
    auto piece = co_await socket_.read(deadline);
    if (!piece) co_return false;
    frames_.push(*piece);
    auto frame = frames_.next();
    if (!frame) co_return false;
    answer = std::move(*frame);
  }
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  auto done = handshake.on_server_hello(*answer, static_cast<std::uint64_t>(now.count()));
  if (!done) co_return false;
  Bytes finish = std::move(done->message);
  const auto written = co_await socket_.write(std::move(finish), deadline);
  if (!written) co_return false;
  cipher_.emplace(std::move(done->cipher));
  frames_.set_cap(transport::kMaxFramePayload);
  co_return true;
}

awaitable<bool> LoadClient::send(Node stanza) {
  if (!cipher_) co_return false;
  Bytes frame;
  if (!cipher_->seal_frame(frame, transport::encode(stanza))) co_return false;
  const auto written = co_await socket_.write(std::move(frame), net::Deadline::after(30s));
  co_return written.has_value();
}

awaitable<Node> LoadClient::next() {
  for (;;) {
    auto frame = frames_.next();
    if (!frame) co_return Node();
    if (*frame) {
      auto plain = cipher_->open(**frame);
      if (!plain) co_return Node();
      auto stanza = transport::decode(*plain);
      if (!stanza) co_return Node();
      co_return std::move(*stanza);
    }
    auto piece = co_await socket_.read(net::Deadline::after(10min));
    if (!piece) co_return Node();
    frames_.push(*piece);
  }
}

awaitable<bool> LoadClient::confirm(Node stanza) {
  if (stanza.tag == "message") {
    ++received_;
    auto receipt = message::delivery_receipt(stanza, true);
    if (stanza.attr_is("category", "peer"))
      receipt = message::peer_receipt(*stanza.attr("id"), credentials_.me->bare());
    if (!receipt) co_return true;
    const bool sent = co_await send(std::move(*receipt));
    co_return sent;
  }
  if (stanza.tag == "receipt" || stanza.tag == "notification") {
    auto ack = message::ack_of(stanza, *credentials_.me);
    if (!ack) co_return true;
    const bool sent = co_await send(std::move(*ack));
    co_return sent;
  }
  if (stanza.tag == "ack" && stanza.attr_is("class", "message")) {
    const auto at = waiting_.find(stanza.attr("id").value_or(""));
    if (at != waiting_.end()) {
      const auto done = std::move(at->second);
      waiting_.erase(at);
      done();
    }
  }
  co_return true;
}

awaitable<bool> LoadClient::ask(Node iq) {
  const std::string id = *iq.attr("id");
  const bool sent = co_await send(std::move(iq));
  if (!sent) co_return false;
  for (;;) {
    auto stanza = co_await next();
    if (stanza.tag.empty()) co_return false;
    if (stanza.tag == "iq" && stanza.attr_is("id", id)) co_return stanza.attr_is("type", "result");
    const bool confirmed = co_await confirm(std::move(stanza));
    if (!confirmed) co_return false;
  }
}

awaitable<bool> LoadClient::pair() {
  const bool connected = co_await connect();
  if (!connected) co_return false;
  const auto offer = co_await next();
  const auto refs = transport::parse_pair_device(offer);
  if (!refs) co_return false;
  const bool answered = co_await send(transport::iq_result_to(offer));
  if (!answered) co_return false;

  net::Url scan = target_.url;
  scan.scheme = scan.tls() ? "https" : "http";
  scan.target = "/admin/mock-phone/scan-qr";
  std::string qr = transport::qr_text(credentials_, refs->front()).reveal();
  const auto scanned =
      co_await http::post(std::move(scan), target_.tls, "text/plain", std::move(qr), net::Deadline::after(30s));
  if (!scanned || scanned->status != 200) co_return false;
  const auto success = co_await next();
  auto outcome = transport::verify_pair_success(success, credentials_);
  auto* accepted = std::get_if<transport::PairAccepted>(&outcome);
  if (accepted == nullptr) co_return false;
  credentials_ = accepted->credentials;
  const bool signed_ = co_await send(std::move(accepted->answer));
  if (!signed_) co_return false;
  const auto restart = co_await next();
  socket_.close_now();
  if (!restart.attr_is("code", "515")) co_return false;
  const bool in = co_await log_in();
  co_return in;
}

awaitable<bool> LoadClient::log_in() {
  const bool connected = co_await connect();
  if (!connected) co_return false;
  const auto success = co_await next();
  if (success.tag != "success") co_return false;
  if (!credentials_.prekeys_uploaded) {
    std::vector<message::PublicPreKey> keys;
    for (const auto& key : transport::signal::generate_prekeys(1, 30))
      keys.push_back({key.id, key.keys.pub});
    message::DeviceKeys device{
        credentials_.registration_id,
        credentials_.identity.pub,
        {credentials_.signed_prekey.id, credentials_.signed_prekey.keys.pub, credentials_.signed_prekey.signature}};
    const bool uploaded = co_await ask(message::upload_request("up" + std::to_string(++asked_), device, keys));
    if (!uploaded) co_return false;
    credentials_.prekeys_uploaded = true;
  }
  Node active("iq");
  active.with("id", "a" + std::to_string(++asked_)).with("type", "set").with("xmlns", "passive");
  active.with("to", transport::server_jid()).add(Node("active"));
  const bool activated = co_await ask(std::move(active));
  if (!activated) co_return false;
  for (;;) {
    auto stanza = co_await next();
    if (stanza.tag.empty()) co_return false;
    if (stanza.tag == "ib" && stanza.child("offline") != nullptr) co_return true;
    const bool confirmed = co_await confirm(std::move(stanza));
    if (!confirmed) co_return false;
  }
}

awaitable<void> LoadClient::listen() {
  for (;;) {
    auto stanza = co_await next();
    if (stanza.tag.empty()) co_return;
    const bool confirmed = co_await confirm(std::move(stanza));
    if (!confirmed) co_return;
  }
}

awaitable<bool> LoadClient::send_text(Jid chat, Jid device, std::function<void()> on_ack) {
  std::string id = message::random_message_id();
  waiting_.emplace(id, std::move(on_ack));
  Node to("to");
  to.with("jid", device).add(Node("enc").with("v", 2).with("type", "msg").holding(Bytes(180, 0x5a)));
  Node stanza("message");
  stanza.with("id", id).with("to", chat).with("type", "text").add(Node("participants").add(std::move(to)));
  const bool sent = co_await send(std::move(stanza));
  co_return sent;
}

}  // namespace linekeeper::sandbox::load
