#pragma once

#include <wslay/wslay.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"

namespace linekeeper::net {

/// One side's framing without I/O: bytes from the peer in, messages out; messages in, bytes for the peer out.
/// Pongs and the answer to a close frame are queued by themselves. Holds no buffer while there is nothing to hold.
class WebSocketFrames {
 public:
  enum class Role { client, server };

  WebSocketFrames(Role role, std::size_t max_message);
  WebSocketFrames(const WebSocketFrames&) = delete;
  WebSocketFrames& operator=(const WebSocketFrames&) = delete;

  /// What the peer sent, cut anywhere. Nothing is taken any more after a failure or a close frame.
  void feed(ByteView bytes);

  /// The next complete message, oldest first.
  std::optional<Bytes> next();

  /// Why no message will come any more, once those from `next` are used up: `connection_lost` after the peer's close
  /// frame, `malformed_frame`, `too_large`. A close frame with the matching code is queued then.
  std::optional<error_code> end() const noexcept { return end_; }

  /// Each queues one frame; false once a close frame was queued.
  bool send_binary(ByteView message);
  bool send_ping(ByteView payload);  ///< Precondition: at most 125 bytes.
  bool send_close(std::uint16_t code);

  /// What has to go to the peer now; `sent` says how much of it went.
  ByteView pending() const noexcept { return ByteView(out_).subspan(out_sent_); }
  void sent(std::size_t size);
  std::uint64_t total_queued() const noexcept { return total_queued_; }
  std::uint64_t total_sent() const noexcept { return total_queued_ - pending().size(); }

  bool close_received() const noexcept;
  std::uint16_t close_code() const noexcept;  ///< As `WebSocket::close_code`.

 private:
  struct Callbacks;
  struct FreeContext {
    void operator()(wslay_event_context* context) const noexcept { wslay_event_context_free(context); }
  };

  bool queue(std::uint8_t opcode, ByteView payload);
  void refuse(std::uint16_t code, error_code why);
  void collect();

  std::unique_ptr<wslay_event_context, FreeContext> context_;
  std::size_t max_message_;
  ByteView input_;               ///< Valid during `feed` only.
  bool in_data_frame_ = false;   ///< Control frames may come between the fragments of a message.
  Bytes message_;                ///< The fragments so far.
  std::vector<Bytes> messages_;  ///< Complete; those before `taken_` are gone.
  std::size_t taken_ = 0;
  Bytes out_;
  std::size_t out_sent_ = 0;
  std::uint64_t total_queued_ = 0;
  std::uint16_t refusal_ = 0;
  std::optional<error_code> end_;
};

}  // namespace linekeeper::net
