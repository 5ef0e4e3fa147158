#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core.hpp"
#include "pairing_desk.hpp"

namespace linekeeper::sandbox {

/// `<link_code_companion_reg>` from a connection that registers: the request for a code, or its end.
/// Always answered; returns the answer.
Node on_link_code(Core& core, Line& line, const Node& iq);

/// What the phone computes when somebody types a code: slow on purpose, so it is done elsewhere than in the core.
struct TypedCode {
  ConnectionId connection = 0;
  std::string ref;
  transport::WrappedKey wrapped_companion{};
};
struct PhoneHalf {
  crypto::KeyPair ephemeral;
  transport::WrappedKey wrapped{};
  Key32 companion_ephemeral{};
};

/// The request that a code typed into this phone belongs to: the latest one for its number. Without `phone` the latest
/// of all. Nothing if there is none.
std::optional<TypedCode> find_code_request(Core& core, const Account* phone);
/// Some 40 ms of pure computation, on any thread.
PhoneHalf answer_code(const transport::LinkCode& code, const transport::WrappedKey& wrapped_companion);
/// Sends the phone's half to the companion. The link is offered once the companion proves that it knew the code.
LinkOffer enter_code(Core& core, const TypedCode& request, PhoneHalf half);

inline constexpr std::chrono::milliseconds kCodeLifetime{180'000};

}  // namespace linekeeper::sandbox
