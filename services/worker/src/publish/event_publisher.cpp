#include "publish/event_publisher.hpp"

#include <google/protobuf/util/json_util.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/kafka/cloud_event.hpp"
#include "linekeeper/net/one_shot.hpp"

namespace linekeeper::worker {
namespace {

constexpr std::size_t kMostPayload = 512 * 1024;
constexpr std::size_t kMostText = 64 * 1024;
constexpr auto kPause = std::chrono::milliseconds(100);

/// Cuts what makes an event too large for Kafka; the reader sees that it was cut.
void truncate(v1::MessageEvent& event) {
  if (event.ByteSizeLong() <= kMostPayload) return;
  event.set_truncated(true);
  if (!event.has_inbound()) return;
  event.mutable_inbound()->clear_raw();
  std::string& text = *event.mutable_inbound()->mutable_text();
  if (text.size() <= kMostText) return;
  std::size_t end = kMostText;
  // Never inside a UTF-8 sequence.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
    --end;
  text.resize(end);
}

}  // namespace

std::string event_id(std::initializer_list<std::string_view> parts) {
  Bytes input;
  for (const std::string_view part : parts) {
    put_be(input, part.size(), 4);
    append(input, as_bytes(part));
  }
  return to_hex(ByteView(crypto::sha256(input)).first(16));
}

Event stub_of(const Event& event) {
  Event stub = event;
  if (auto* connection = std::get_if<v1::ConnectionEvent>(&stub.body)) {
    connection->clear_qr();
    connection->clear_code();
    connection->clear_numbers();
    return stub;
  }
  auto& message = std::get<v1::MessageEvent>(stub.body);
  if (!message.has_inbound()) return stub;
  v1::InboundMessage& inbound = *message.mutable_inbound();
  inbound.clear_text();
  inbound.clear_raw();
  inbound.mutable_error()->set_code(v1::INTERNAL);
  inbound.mutable_error()->set_detail("refused_by_kafka");
  inbound.mutable_error()->set_message(
      "Kafka refused the event with its content; the message is on the phone. Check the topic's max.message.bytes.");
  return stub;
}

EventPublisher::EventPublisher(kafka::Producer& producer, kafka::Topics topics, Format format, std::string source,
                               telemetry::Log& log, telemetry::Metrics& metrics)
    : producer_(producer),
      topics_(std::move(topics)),
      format_(format),
      source_(std::move(source)),
      log_(log),
      published_(metrics.counter("linekeeper_events_published_total", "Events that Kafka acknowledged.")),
      refused_(metrics.counter("linekeeper_events_refused_total", "Events that Kafka refused and a stub replaced.")) {}

kafka::OutgoingRecord EventPublisher::record_of(const Event& event) const {
  const bool connection = std::holds_alternative<v1::ConnectionEvent>(event.body);
  v1::MessageEvent cut;
  const google::protobuf::Message* body = nullptr;
  if (connection) {
    body = &std::get<v1::ConnectionEvent>(event.body);
  } else {
    cut = std::get<v1::MessageEvent>(event.body);
    truncate(cut);
    body = &cut;
  }
  kafka::OutgoingRecord record;
  record.topic = connection ? topics_.connection : topics_.message;
  record.key = event.session_id;
  std::string payload;
  if (format_ == Format::json) {
    google::protobuf::util::JsonPrintOptions options;
    options.always_print_primitive_fields = false;
    // Our own messages always print: their strings are UTF-8 by construction.
    (void)google::protobuf::util::MessageToJsonString(*body, &payload, options);
  } else {
    payload = body->SerializeAsString();
  }
  record.payload = to_bytes(payload);
  kafka::CloudEvent envelope;
  envelope.id = event.id;
  envelope.type = connection ? "linekeeper.v1.ConnectionEvent" : "linekeeper.v1.MessageEvent";
  envelope.source = source_;
  envelope.subject = event.session_id;
  envelope.time = std::chrono::system_clock::now();
  envelope.content_type = format_ == Format::json ? "application/json" : "application/protobuf";
  envelope.traceparent = event.traceparent;
  record.headers = kafka::cloud_event_headers(envelope);
  return record;
}

awaitable<kafka::Delivery> EventPublisher::deliver(kafka::OutgoingRecord record, std::shared_ptr<Patience> patience) {
  auto executor = co_await asio::this_coro::executor;
  auto shot = std::make_shared<net::OneShot<kafka::Delivery>>();
  const Result<void> accepted = producer_.send(std::move(record), [executor, shot](const kafka::Delivery& delivery) {
    asio::post(executor, [shot, delivery] { shot->set(delivery); });
  });
  if (!accepted) {
    kafka::Delivery refused;
    refused.error = accepted.error();
    co_return refused;
  }
  if (patience) patience->add(shot);
  kafka::Delivery delivery = co_await shot->wait();
  if (patience) patience->remove(shot);
  co_return delivery;
}

awaitable<Result<void>> EventPublisher::publish(Event event) {
  auto executor = co_await asio::this_coro::executor;
  bool stubbed = false;
  const auto patience = event.patience;
  while (!stopped_ && !(patience && patience->ended())) {
    kafka::OutgoingRecord record = record_of(event);
    const kafka::Delivery delivery = co_await deliver(std::move(record), patience);
    if (!delivery.error) {
      published_.add();
      co_return ok();
    }
    if (delivery.error == Errc::kafka_refused) {
      refused_.add();
      log_.warn("Kafka refused an event", {{"session", event.session_id}, {"reason", delivery.reason}});
      // A stub that is refused too can never be written; keeping it would block everything behind it.
      if (stubbed) co_return ok();
      event = stub_of(event);
      stubbed = true;
      continue;
    }
    asio::steady_timer pause(executor, kPause);
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return Errc::cancelled;
}

awaitable<Result<void>> EventPublisher::command(v1::LineCommand command, std::shared_ptr<Patience> patience) {
  auto executor = co_await asio::this_coro::executor;
  while (!stopped_ && !(patience && patience->ended())) {
    kafka::OutgoingRecord record;
    record.topic = topics_.line;
    record.key = command.session_id();
    record.payload = to_bytes(command.SerializeAsString());
    const kafka::Delivery delivery = co_await deliver(std::move(record), patience);
    if (!delivery.error) co_return ok();
    if (delivery.error == Errc::kafka_refused) {
      log_.error("Kafka refused a command of ours", {{"session", command.session_id()}, {"reason", delivery.reason}});
      co_return delivery.error;
    }
    asio::steady_timer pause(executor, kPause);
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return Errc::cancelled;
}

void EventPublisher::post(const Event& event) {
  telemetry::Counter published = published_;
  (void)producer_.send(record_of(event), [published](const kafka::Delivery& delivery) mutable {
    if (!delivery.error) published.add();
  });
}

}  // namespace linekeeper::worker
