#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "linekeeper/message/device_list.hpp"
#include "linekeeper/message/iq.hpp"

namespace linekeeper::transport::message {

// Questions about users. `sid` is any text that is new for each question.

/// The devices of each user, and the hidden id behind each phone number.
Node devices_query(std::string_view id, std::string_view sid, std::span<const Jid> users,
                   std::string_view context = "message");

/// The hidden ids behind phone-number addresses.
Node lid_query(std::string_view id, std::string_view sid, std::span<const Jid> users);

/// Which of these numbers (digits, without `+`) are registered. Rate limited, and a known sign of abuse: ask rarely, in
/// small batches, and keep the answers.
Node contact_query(std::string_view id, std::string_view sid, std::span<const std::string> numbers);

struct UsyncUser {
  std::optional<Jid> jid;  ///< As asked; for a number, the address the server found, which may have other digits.
  std::optional<Jid> pn;
  std::optional<Jid> lid;
  std::optional<Result<DeviceList>> devices;  ///< `iq_error` or `malformed_message` for this user alone.
  std::optional<ServerError> devices_error;
  std::optional<std::string> contact_type;   ///< `in` for registered numbers.
  std::optional<std::string> contact_query;  ///< The number this answers: digits only.
};

struct UsyncAnswer {
  std::vector<UsyncUser> users;
  std::vector<std::pair<std::string, ServerError>>
      errors;  ///< Parts of the question that failed for all users, by name.
};

/// Users may be missing. Errors: those of `expect_result`, and `malformed_message`.
Result<UsyncAnswer> parse_usync(const Node& answer);

struct NumberAnswer {
  bool registered = false;
  Jid jid;                 ///< The person's address. Only if registered.
  std::optional<Jid> lid;  ///< Only if registered and told.
};

/// Matches by the echoed number, because order is not kept. Registered only if the answer says `in` and has an address;
/// a missing answer is "not registered". An error of the whole question is neither: check `errors` first.
NumberAnswer number_in(const UsyncAnswer& answer, std::string_view number);

}  // namespace linekeeper::transport::message
