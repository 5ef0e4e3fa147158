#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/http/message.hpp"

namespace linekeeper::http {

/// Bytes in, one message out, without I/O. Beast's parser stands behind these two, and nowhere else.
/// `put` says how many bytes it used; the caller brings the rest again, with more behind it.
/// Errors of `put`: `too_large`, `malformed_frame`.
class RequestParser {
 public:
  explicit RequestParser(std::size_t max_head);
  ~RequestParser();

  /// Stops after the head; call it again for the body, after `limit_body`.
  Result<std::size_t> put(ByteView bytes);
  bool head_done() const;
  bool done() const;

  /// False if the announced length is beyond `max` already.
  bool limit_body(std::size_t max);

  bool keep_alive() const;  ///< What the client wants.
  bool expects_continue() const;

  /// Method, target and headers, once the head is done; with the body once all is.
  Request take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class ResponseParser {
 public:
  /// `to_head`: the response has no body, whatever its head says.
  ResponseParser(bool to_head, std::size_t max_body);
  ~ResponseParser();

  Result<std::size_t> put(ByteView bytes);
  /// The peer ended the stream: the end of a body without a length. Error: `connection_lost` if it came too early.
  Result<void> put_end();
  bool done() const;
  Response take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::http
