#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "core.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::sandbox {

/// Why a phone could not link a companion.
enum class LinkError {
  none,
  malformed_qr,    ///< Not a QR text of ours.
  unknown_ref,     ///< No live connection shows this ref (any more).
  wrong_keys,      ///< The ref is live, but its connection has other keys than the QR says.
  busy,            ///< A link of that connection is under way.
  too_many,        ///< The account has as many companions as it may.
  refreshed,       ///< A fault: the companion was told to show a new QR.
  unknown_code,    ///< Nobody asked this phone for a code, or it expired.
  malformed_code,  ///< Not eight characters of the code's alphabet.
};

/// A sentence for the person at the phone.
std::string_view describe(LinkError error) noexcept;

/// What a phone's scan came to: where the companion will be once it has countersigned.
struct LinkOffer {
  LinkError error = LinkError::none;
  Account* account = nullptr;
  std::uint16_t device = 0;
};

/// A connection without credentials: gets its six refs.
void greet_registration(Core& core, Line& line, Registration registration);

/// A phone scans what a companion shows. Without `phone` the account is the one with the companion's push name, or a
/// new one.
LinkOffer scan_qr(Core& core, std::string_view text, Account* phone);

/// The phone's signed answer goes to the companion: pair-success. The link stands once the companion countersigned.
LinkOffer offer_link(Core& core, Line& line, Account& account, const SecretKey32& adv_secret);

/// The companion's answer to pair-success. True if `iq` was one.
bool on_link_answer(Core& core, Line& line, const Node& iq);

/// The connection ends: a link under way on it is void.
void abandon_link(Core& core, Line& line);

/// How long a companion may take to countersign.
inline constexpr std::chrono::milliseconds kCountersignTimeout{30'000};

}  // namespace linekeeper::sandbox
