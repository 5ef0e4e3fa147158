#pragma once

#include "core.hpp"
#include "linekeeper/base/bytes.hpp"

namespace linekeeper::sandbox {

/// The server without its sockets: connections open after their handshake, bring stanzas, and end. What it has to say
/// goes out by `Wire`. One thread.
class Sandbox {
 public:
  Sandbox(CoreSettings settings, Clock clock, Wire& wire) : core(std::move(settings), std::move(clock), wire) {}

  /// A handshake is done: this client key, this payload. The client is greeted, logged in or refused.
  void opened(ConnectionId id, const Key32& client_key, ByteView payload);
  void received(ConnectionId id, const Node& stanza);
  /// The socket is gone. Also called after `Wire::close` and `Wire::cut`.
  void closed(ConnectionId id);

  // What an operator does; see also `pairing_desk.hpp`, `code_desk.hpp`, `notices.hpp`.

  /// `<stream:error>` and end, for every connection that `matches`. How many.
  template <typename Matches>
  std::size_t end_all(const Node& error, Matches matches);

  Core core;

 private:
  void log_in(Line& line, const std::string& number, std::uint16_t device, const Key32& client_key,
              const std::string& push_name);
  void refuse(Line& line, unsigned reason, const Node* details = nullptr);
};

template <typename Matches>
std::size_t Sandbox::end_all(const Node& error, Matches matches) {
  std::size_t count = 0;
  for (auto& [id, line] : core.lines) {
    if (line.stage == Line::Stage::ending || !matches(line)) continue;
    core.end(line, error);
    ++count;
  }
  return count;
}

}  // namespace linekeeper::sandbox
