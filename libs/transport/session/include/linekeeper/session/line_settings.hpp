#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/net/tls_context.hpp"
#include "linekeeper/noise/certificate.hpp"
#include "linekeeper/pairing/client_payload.hpp"

namespace linekeeper::transport {

/// Every wait of a line. The defaults are what the protocol expects; tests shorten them.
struct LineTimes {
  using Ms = std::chrono::milliseconds;
  Ms connect{20'000};    ///< TCP, TLS and upgrade together.
  Ms handshake{20'000};  ///< From the upgrade to the transport keys.
  Ms login{30'000};      ///< From the handshake to `success` or `pair-device`.
  Ms iq{60'000};         ///< Answer to a request.
  Ms ack{75'000};        ///< Ack of a message.
  Ms idle_min{20'000};   ///< No inbound data for a random time between these two: ping.
  Ms idle_max{30'000};
  Ms pong{20'000};     ///< Nothing at all received for this long after a ping: dead.
  Ms offline{60'000};  ///< No stanza of the offline queue for this long: it counts as finished.
  Ms qr_first{60'000};
  Ms qr_next{20'000};
  Ms pairing_hello{30'000};         ///< Answer to companion_hello and companion_finish.
  Ms code_life{180'000};            ///< A pairing code, from its making.
  Ms code_finish{60'000};           ///< From the phone's answer to pair-success.
  Ms after_pairing{15'000};         ///< From our signature to the server's 515.
  Ms logout{5'000};                 ///< Answer to our own logout.
  Ms retry_copies{24 * 3'600'000};  ///< How long the plaintext of an undelivered message is kept for retry receipts.
  Ms device_lists{3'600'000};       ///< A cached device list older than this is asked for again.
  Ms sweep{3'600'000};              ///< How often a connected line drops what has outlived these.
};

struct LineBounds {
  std::size_t iqs = 64;                 ///< Requests in flight.
  std::size_t sends = 256;              ///< Calls of `send` that have not returned.
  std::size_t inbound = 1024;           ///< Stanzas waiting to be handled; beyond it the socket is not read.
  std::size_t inbound_bytes = 8 << 20;  ///< Their encoded size.
  std::size_t first_prekeys = 812;      ///< One-time prekeys made after pairing.
  std::size_t more_prekeys = 50;        ///< And when the server's stock runs low.
  std::size_t prekey_slice = 16;        ///< Made in one go before other lines of the thread get a turn.
  std::size_t low_prekeys = 10;         ///< Fewer than this at the server: make more.
};

/// One for all lines of a thread; must outlive them.
struct LineSettings {
  std::string url = "wss://web.whatsapp.com/ws/chat";  ///< ws:// for test servers.
  std::optional<net::TlsContext> tls;                  ///< Needed for wss://.
  Key32 noise_root = kProductionNoiseRoot;             ///< Whom the server's certificates must come from.
  CertificateCache* certificates = nullptr;            ///< Of this thread; may be null.
  ClientProfile profile;                               ///< What we say we are.
  LineTimes times;
  LineBounds bounds;
};

}  // namespace linekeeper::transport
