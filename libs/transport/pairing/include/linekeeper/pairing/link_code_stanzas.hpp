#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "linekeeper/base/result.hpp"
#include "linekeeper/node/node.hpp"
#include "linekeeper/pairing/link_code.hpp"

namespace linekeeper::transport {

// Pairing by code. The same children travel as an iq to the server and as a notification from it; parsers take either
// and return `malformed_message` for a wrong stage, size or missing child.

/// Stages, as the wire names them. Others are unknown to us.
enum class LinkStage : std::uint8_t { companion_hello, primary_hello, companion_finish, refresh_code, unknown };
/// Of an iq or notification that has a `link_code_companion_reg` child; `unknown` otherwise.
LinkStage link_stage(const Node& stanza) noexcept;

/// The companion asks for a link to this number.
struct CompanionHello {
  std::string id;
  std::string phone;  ///< Digits. Absent in what the phone receives.
  bool push_notification = true;
  WrappedKey wrapped_ephemeral{};
  Key32 noise{};
  std::string platform_id = "1";                    ///< 1 is Chrome.
  std::string platform_display = "Chrome (Linux)";  ///< `<Browser> (<OS>)`; servers refuse brand names here.
};
Node companion_hello(const CompanionHello& hello);
Result<CompanionHello> parse_companion_hello(const Node& stanza);
/// Server to companion: the ref of this attempt.
Node companion_hello_result(const Node& iq, ByteView ref);
Result<Bytes> parse_companion_hello_result(const Node& iq);
/// Server to phone, with the companion's children unchanged.
Node companion_hello_notification(const Node& hello_iq, ByteView ref, std::string_view id, std::int64_t time);

/// The phone: somebody typed the code.
struct PrimaryHello {
  std::string id;
  WrappedKey wrapped_ephemeral{};
  Key32 primary_identity{};
  Bytes ref;
};
Node primary_hello(const PrimaryHello& hello);
Result<PrimaryHello> parse_primary_hello(const Node& stanza);

/// The companion proves that it knew the code.
struct CompanionFinish {
  std::string id;
  std::string phone;  ///< Digits. Absent in what the phone receives.
  WrappedBundle bundle{};
  Key32 companion_identity{};
  Bytes ref;
};
Node companion_finish(const CompanionFinish& finish);
Result<CompanionFinish> parse_companion_finish(const Node& stanza);

/// The server relays a stage to the other side: its children in a notification.
Node relay_link_stage(const Node& iq, std::string_view id, std::int64_t time);

/// The server retires a code.
struct RefreshCode {
  Bytes ref;
  bool manual = false;  ///< Wait for a person instead of showing a new code by oneself.
};
Node refresh_code(std::string_view id, std::int64_t time, const RefreshCode& refresh);
Result<RefreshCode> parse_refresh_code(const Node& notification);

}  // namespace linekeeper::transport
