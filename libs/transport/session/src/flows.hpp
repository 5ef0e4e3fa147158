#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/node/node.hpp"
#include "linekeeper/session/outgoing.hpp"

namespace linekeeper::transport {

class Connection;

// What a line does, one function a flow. They return early when the connection ended; who calls them checks that.

/// From `success` to the first stanza of the offline queue: account learned, prekeys supplied, login activated.
boost::asio::awaitable<void> log_in(Connection& line, Node success);

/// Supplies the server with one-time prekeys if it has few. `known`: what it said it has.
boost::asio::awaitable<void> refill_prekeys(Connection& line, std::uint64_t known);
/// Compares what the server has of our keys with what we have, and supplies it anew if it has others.
boost::asio::awaitable<void> check_digest(Connection& line);

boost::asio::awaitable<void> receive_message(Connection& line, Node stanza);
boost::asio::awaitable<void> receive_receipt(Connection& line, Node stanza);
boost::asio::awaitable<void> receive_notification(Connection& line, Node stanza);
boost::asio::awaitable<void> receive_ib(Connection& line, Node stanza);

/// A device could not decrypt a message of ours: it gets it once more. Acknowledges the receipt itself.
boost::asio::awaitable<void> answer_retry(Connection& line, Node receipt);

/// Contacts show another identity (`Connection::renew`): the next message to each starts a new session.
boost::asio::awaitable<void> renew_sessions(Connection& line);

boost::asio::awaitable<SendResult> send_message(Connection& line, Outgoing message);
boost::asio::awaitable<Result<std::vector<NumberStatus>>> ask_numbers(Connection& line,
                                                                      std::vector<std::string> numbers);

/// A contact's trusted-contact token: kept, and shown with what we send them.
boost::asio::awaitable<void> receive_trust(Connection& line, const Node& notification);
/// Gives a contact ours, unless that is under way.
boost::asio::awaitable<void> issue_trust(Connection& line, Jid contact, std::optional<Jid> number);

/// Drops what is kept for a limited time only.
boost::asio::awaitable<void> sweep(Connection& line);

}  // namespace linekeeper::transport
