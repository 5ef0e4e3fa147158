#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>

#include "directory.hpp"
#include "faults.hpp"
#include "groups.hpp"
#include "line.hpp"
#include "sent_index.hpp"
#include "timers.hpp"
#include "wire.hpp"

namespace linekeeper::sandbox {

struct CoreSettings {
  std::string media_host;               ///< host:port that clients are told to use for media.
  std::size_t max_companions = 0;       ///< Per account; 0 for no limit.
  std::size_t queue_limit = 20'000;     ///< Unconfirmed stanzas per device.
  std::size_t journal_limit = 200;      ///< Stanzas remembered per device.
  std::int64_t clock_skew_seconds = 0;  ///< Added to every time the clients are told.
};

/// What happened since the start, over all devices.
struct CoreCounters {
  std::uint64_t connections = 0;
  std::uint64_t pairings = 0;
  std::uint64_t pairings_failed = 0;
  std::uint64_t logins = 0;
  std::uint64_t logins_refused = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t messages = 0;
  std::uint64_t malformed = 0;    ///< Stanzas that made no sense.
  std::uint64_t unknown_iqs = 0;  ///< Answered with 501.
  std::uint64_t phone_undecryptable = 0;
};

/// The state of the whole server and the few things everything else is built from. No socket, no clock, no thread:
/// stanzas come in by `Sandbox`, leave by `Wire`.
class Core {
 public:
  Core(CoreSettings settings, Clock clock, Wire& wire);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  CoreSettings settings;
  Directory directory;
  Groups groups;
  Faults faults;
  CoreCounters counters;
  SentIndex sent;
  Timers timers;
  std::unordered_map<ConnectionId, Line> lines;
  std::unordered_map<std::string, ConnectionId> refs;           ///< Every ref shown on a live connection.
  std::map<Account*, std::vector<ConnectionId>> code_requests;  ///< Whom codes were asked for lately, by whom.

  /// Unix seconds as the clients are told them.
  std::int64_t now() const;
  std::chrono::milliseconds clock_ms() const { return clock_(); }
  /// An id for a stanza of ours; never used twice.
  std::string next_id();

  /// Null once the connection is gone.
  Line* line(ConnectionId id);
  static Subject subject(const Line& line);
  static Subject subject(const Device& device);

  /// Sends now, outside the queue.
  void send(Line& line, const Node& stanza);
  /// Sends later, if the connection still stands then.
  void send_later(Line& line, Node stanza, std::chrono::milliseconds delay);
  /// A last stanza, then the connection ends; its device may log in again at once.
  void end(Line& line, const Node& last);
  /// Takes the device off the line: nothing goes to it any more. The socket is not touched.
  void detach(Line& line);

  /// Into the device's queue, and out at once if it listens. The stanza leaves the queue when it is confirmed.
  void deliver(Device& device, Node stanza);
  /// To every companion of the account but one.
  void deliver_all(Account& account, const Node& stanza, const Device* except = nullptr);
  /// The same without queue: lost for those who are not listening.
  void tell(Device& device, const Node& stanza);

  /// Writes into the device's journal, or the line's own.
  void note(Line& line, bool inbound, const Node& stanza);
  std::uint64_t journal_number() const noexcept { return journal_number_; }

  Wire& wire;

 private:
  friend void drain(Core& core, Device& device);
  void transmit(Device& device, OfflineQueue::Item& item, bool offline);

  Clock clock_;
  std::uint64_t next_id_ = 1;
  std::uint64_t journal_number_ = 0;
};

/// Everything that waits for a device that has just said `active`: preview, queue, end.
void drain(Core& core, Device& device);

/// `<stream:error code>`, with the conflict if there is one.
Node stream_error(unsigned code);
Node conflict_error(const char* type);

}  // namespace linekeeper::sandbox
