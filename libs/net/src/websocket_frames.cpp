#include "websocket_frames.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <new>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::net {

/// What wslay calls. None of them does I/O: they move bytes between wslay and our buffers.
struct WebSocketFrames::Callbacks {
  static WebSocketFrames& self(void* user) noexcept { return *static_cast<WebSocketFrames*>(user); }

  static ssize_t receive(wslay_event_context* context, std::uint8_t* into, std::size_t size, int, void* user) {
    ByteView& input = self(user).input_;
    if (input.empty() || self(user).refusal_ != 0) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const std::size_t n = std::min(size, input.size());
    std::copy_n(input.begin(), n, into);
    input = input.subspan(n);
    return static_cast<ssize_t>(n);
  }

  static ssize_t send(wslay_event_context*, const std::uint8_t* data, std::size_t size, int, void* user) {
    append(self(user).out_, {data, size});
    self(user).total_queued_ += size;
    return static_cast<ssize_t>(size);
  }

  static int make_mask(wslay_event_context* context, std::uint8_t* into, std::size_t size, void*) {
    if (RAND_bytes(into, static_cast<int>(size)) == 1) return 0;
    wslay_event_set_error(context, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
  }

  static void on_frame_start(wslay_event_context*, const wslay_event_on_frame_recv_start_arg* frame, void* user) {
    WebSocketFrames& frames = self(user);
    frames.in_data_frame_ = !wslay_is_ctrl_frame(frame->opcode);
    if (!frames.in_data_frame_ || frames.refusal_ != 0) return;
    if (frame->opcode == WSLAY_TEXT_FRAME) return frames.refuse(WSLAY_CODE_UNSUPPORTED_DATA, Errc::malformed_frame);
    if (frame->payload_length > frames.max_message_ - frames.message_.size())
      return frames.refuse(WSLAY_CODE_MESSAGE_TOO_BIG, Errc::too_large);
    // The claimed length is believed as far as one large buffer only.
    constexpr std::uint64_t kBelieved = 64 * 1024;
    frames.message_.reserve(frames.message_.size() + std::min(frame->payload_length, kBelieved));
  }

  static void on_chunk(wslay_event_context*, const wslay_event_on_frame_recv_chunk_arg* chunk, void* user) {
    WebSocketFrames& frames = self(user);
    if (frames.in_data_frame_ && frames.refusal_ == 0) append(frames.message_, {chunk->data, chunk->data_length});
  }

  static void on_message(wslay_event_context*, const wslay_event_on_msg_recv_arg* message, void* user) {
    WebSocketFrames& frames = self(user);
    if (message->opcode != WSLAY_BINARY_FRAME || frames.refusal_ != 0) return;
    frames.messages_.push_back(std::move(frames.message_));
    frames.message_ = Bytes();
  }
};

WebSocketFrames::WebSocketFrames(Role role, std::size_t max_message) : max_message_(max_message) {
  const wslay_event_callbacks callbacks{Callbacks::receive,        Callbacks::send,     Callbacks::make_mask,
                                        Callbacks::on_frame_start, Callbacks::on_chunk, nullptr,
                                        Callbacks::on_message};
  wslay_event_context* context = nullptr;
  const int made = role == Role::client ? wslay_event_context_client_init(&context, &callbacks, this)
                                        : wslay_event_context_server_init(&context, &callbacks, this);
  if (made != 0) throw std::bad_alloc();
  context_.reset(context);
  wslay_event_config_set_no_buffering(context, 1);  // we join fragments ourselves: one copy less
}

void WebSocketFrames::feed(ByteView bytes) {
  if (end_) return;
  input_ = bytes;
  const int outcome = wslay_event_recv(context_.get());
  input_ = {};
  if (refusal_ != 0) {
    wslay_event_queue_close(context_.get(), refusal_, nullptr, 0);
    wslay_event_shutdown_read(context_.get());
    message_ = Bytes();
  } else if (wslay_event_get_close_received(context_.get()) != 0) {
    end_ = Errc::connection_lost;
  } else if (outcome != 0 || wslay_event_get_read_enabled(context_.get()) == 0) {
    end_ = Errc::malformed_frame;  // wslay has queued the close frame that says why
  }
  collect();
}

std::optional<Bytes> WebSocketFrames::next() {
  if (taken_ == messages_.size()) return std::nullopt;
  Bytes message = std::move(messages_[taken_++]);
  if (taken_ == messages_.size()) {
    messages_ = {};
    taken_ = 0;
  }
  return message;
}

bool WebSocketFrames::send_binary(ByteView message) {
  return queue(WSLAY_BINARY_FRAME, message);
}
bool WebSocketFrames::send_ping(ByteView payload) {
  return queue(WSLAY_PING, payload);
}

bool WebSocketFrames::send_close(std::uint16_t code) {
  const bool queued = wslay_event_queue_close(context_.get(), code, nullptr, 0) == 0;
  collect();
  return queued;
}

void WebSocketFrames::sent(std::size_t size) {
  out_sent_ += size;
  if (out_sent_ < out_.size()) return;
  out_ = Bytes();
  out_sent_ = 0;
}

bool WebSocketFrames::close_received() const noexcept {
  return wslay_event_get_close_received(context_.get()) != 0;
}

std::uint16_t WebSocketFrames::close_code() const noexcept {
  return close_received() ? wslay_event_get_status_code_received(context_.get()) : std::uint16_t{0};
}

bool WebSocketFrames::queue(std::uint8_t opcode, ByteView payload) {
  const wslay_event_msg message{opcode, payload.data(), payload.size()};
  const bool queued = wslay_event_queue_msg(context_.get(), &message) == 0;
  collect();
  return queued;
}

void WebSocketFrames::refuse(std::uint16_t code, error_code why) {
  refusal_ = code;
  end_ = why;
}

/// Everything queued in wslay becomes bytes at once.
void WebSocketFrames::collect() {
  wslay_event_send(context_.get());
}

}  // namespace linekeeper::net
