#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "connection.hpp"
#include "contact_trust.hpp"
#include "lid_map.hpp"
#include "linekeeper/signal/workspace.hpp"
#include "recipients.hpp"
#include "session_era.hpp"

namespace linekeeper::transport {

/// One attempt to send, from the address to the ack, or the second part of one: the devices that the server knows and
/// we did not.
struct Sending {
  /// What is not to be relied on.
  enum class Distrust {
    nothing,
    lists,           ///< Cached device lists do not count.
    lists_sessions,  ///< And every session is made anew.
  };

  Sending(Connection& connection, const Outgoing& outgoing, Distrust distrusted)
      : line(connection),
        message(outgoing),
        distrust(distrusted),
        people(connection.own()),
        era(connection.credentials().session_era) {}

  Connection& line;
  const Outgoing& message;
  Distrust distrust;
  LidMap people;
  SessionEra era;
  Recipients to;
  ContactTrust trust;
  Changes learned;  ///< Lists and mappings, stored with the message.
  std::map<Jid, signal::PreKeyBundle> bundles;
  std::set<Jid> asked;  ///< Devices whose bundle was asked for, successfully or not.
  bool stale = false;   ///< A device on our lists does not exist: they are asked for again next time.
  bool rest = false;    ///< Only for devices that were left out: the message itself is committed and accepted.
  SendResult result;

  bool fresh_sessions() const noexcept { return distrust == Distrust::lists_sessions; }
  /// For `co_return`: the attempt ends here.
  bool stop(SendOutcome outcome, int code = 0) {
    result.outcome = outcome;
    result.code = code;
    return false;
  }
  /// A question before the message went wrong: nothing was committed, the same message may be tried later.
  bool stop_on(const Result<Node>& answer);
};

/// To whom it goes, into `to`, `trust` and `learned`. False: the attempt ended.
boost::asio::awaitable<bool> find_recipients(Sending& s);

/// Encrypts, commits, writes. The message's ack is awaited by the caller; there is none to wait for with `rest`.
boost::asio::awaitable<bool> encrypt_and_write(Sending& s, std::shared_ptr<Answer>& ack);

}  // namespace linekeeper::transport
