// What the server sends: each stanza to whoever handles it.

#include <algorithm>

#include "connection.hpp"
#include "flows.hpp"
#include "linekeeper/crypto/random.hpp"
#include "linekeeper/message/ack.hpp"
#include "linekeeper/message/iq.hpp"
#include "linekeeper/pairing/pair_success.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "pairing.hpp"
#include "stream_end.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;

void Connection::heard() {
  keepalive_.received(Clock::now(), crypto::random_u64());
}

void Connection::on_node(Node node) {
  if (node.tag == "iq") return on_iq(std::move(node));
  if (node.tag == "ack") {
    if (node.attr_is("class", "message")) {
      const std::string id = node.attr("id").value_or("");
      acks_.answer(id, std::move(node));
    }
    return;
  }
  if (node.tag == "success") {
    if (phase_ == Phase::logging_in && !logged_in_at_) tasks_.spawn(log_in(*this, std::move(node)));
    return;
  }
  if (node.tag == "failure") return end(end_of_failure(node));
  if (node.tag == "stream:error") return on_stream_error(node);
  if (node.tag == "xmlstreamend")
    return end(expected_end_ ? *expected_end_ : make_end(EndReason::network, "stream_end"));
  if (node.tag == "message" || node.tag == "receipt" || node.tag == "notification" || node.tag == "call" ||
      node.tag == "status" || node.tag == "ib") {
    return enqueue(std::move(node));
  }
  // presence, chatstate, error and whatever comes next: nothing depends on them.
}

void Connection::on_iq(Node iq) {
  if (iq.attr_is("type", "result") || iq.attr_is("type", "error")) {
    const std::string id = iq.attr("id").value_or("");
    iqs_.answer(id, std::move(iq));
    return;
  }
  if (iq.attr_is("xmlns", "urn:xmpp:ping") || iq.child("ping") != nullptr) {
    Node pong("iq");
    pong.with("to", iq.jid("from").value_or(server_jid())).with("type", "result");
    pong.with_optional("id", iq.attr("id"));
    return send(pong);
  }
  if (pairing_ && (is_pair_device(iq) || is_pair_success(iq))) return enqueue(std::move(iq));
  // Silence would cost the server its whole timeout.
  if (iq.has("id")) send(iq_error_to(iq, 501, "feature-not-implemented"));
}

void Connection::on_stream_error(const Node& error) {
  if (auto why = end_of_stream_error(error)) {
    if (expected_end_ && expected_end_->reason == EndReason::own_logout) {
      // The server does what we asked for, before or after it says so.
      logout_confirmed_ = logout_confirmed_ || why->reason == EndReason::logged_out;
      return end(*expected_end_);
    }
    // Whatever ends a connection on which we countersigned, the way on is a login; only a removal is not.
    const bool paired = expected_end_ && expected_end_->reason == EndReason::restart_required;
    if (paired && why->reason != EndReason::logged_out) why = expected_end_;
    return end(std::move(*why));
  }
  if (const auto id = ack_asked_for(error)) {
    const auto known =
        std::find_if(recent_acks_.begin(), recent_acks_.end(), [&](const Node& ack) { return ack.attr_is("id", *id); });
    if (known != recent_acks_.end()) send(*known);
    expect_end(make_end(EndReason::stream_desync, "ack"));
  }
}

void Connection::enqueue(Node node) {
  inbound_.push_back(std::move(node));
  start_draining();
}

void Connection::start_draining() {
  // Who we are is settled only when the login is committed. What comes before that waits: neither read under an older
  // name of ours nor acknowledged by a line that may not become one.
  const bool settled = pairing_ != nullptr || is_logged_in();
  if (draining_ || !settled || inbound_.empty()) return;
  draining_ = true;
  tasks_.spawn(drain_inbound());
}

asio::awaitable<void> Connection::drain_inbound() {
  while (!inbound_.empty() && !ended()) {
    Node node = std::move(inbound_.front());
    inbound_.pop_front();
    co_await handle(std::move(node));
    if (room_ && inbound_.size() < settings_.bounds.inbound / 2) std::exchange(room_, nullptr)->set(true);
  }
  draining_ = false;
}

asio::awaitable<void> Connection::handle(Node node) {
  const bool queued = node.has("offline");
  if (node.tag == "iq") {
    co_await pairing_->on_iq(std::move(node));
  } else if (pairing_) {
    if (node.tag == "notification") {
      co_await pairing_->on_notification(std::move(node));
    } else if (node.tag == "ib") {
      if (node.child("downgrade_webclient") != nullptr) host_.phone_not_multidevice();
    }
    // Messages, receipts and calls are for the device that logs in after this. Acknowledged here, they would be lost.
  } else if (node.tag == "message") {
    co_await receive_message(*this, std::move(node));
  } else if (node.tag == "receipt") {
    co_await receive_receipt(*this, std::move(node));
  } else if (node.tag == "notification") {
    co_await receive_notification(*this, std::move(node));
  } else if (node.tag == "ib") {
    co_await receive_ib(*this, std::move(node));
  } else {
    acknowledge(node);
  }
  if (queued && !ended()) offline_handled();
}

}  // namespace linekeeper::transport
