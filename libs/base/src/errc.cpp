#include "linekeeper/base/errc.hpp"

namespace linekeeper {
namespace {

const char* text(Errc e) noexcept {
  switch (e) {
    case Errc::malformed_node: return "malformed node";
    case Errc::malformed_frame: return "malformed frame";
    case Errc::malformed_message: return "malformed message";
    case Errc::malformed_value: return "malformed stored value";
    case Errc::unsupported_version: return "unsupported version";
    case Errc::too_large: return "too large";
    case Errc::certificate_invalid: return "certificate chain does not verify";
    case Errc::bad_signature: return "signature does not verify";
    case Errc::decrypt_failed: return "decryption failed";
    case Errc::unknown_key: return "sealed under an unknown key";
    case Errc::no_session: return "no session with that device";
    case Errc::duplicate_message: return "message was processed before";
    case Errc::invalid_prekey_id: return "unknown prekey id";
    case Errc::connection_lost: return "connection lost";
    case Errc::connect_refused: return "connection refused";
    case Errc::tls_failed: return "TLS failed";
    case Errc::timed_out: return "timed out";
    case Errc::cancelled: return "cancelled";
    case Errc::iq_error: return "the server answered with an error";
    case Errc::not_found: return "not found";
    case Errc::store_unavailable: return "the store does not answer";
    case Errc::store_full: return "the store is full";
    case Errc::stale_token: return "the lease is not ours";
    case Errc::stale_version: return "the state moved on";
    case Errc::state_rolled_back: return "the state went back in time";
    case Errc::lease_busy: return "another worker holds the lease";
    case Errc::lease_lost: return "the lease is lost";
    case Errc::store_refused: return "the store refuses";
    case Errc::kafka_unavailable: return "Kafka does not answer";
    case Errc::kafka_refused: return "Kafka refused the record";
    case Errc::kafka_queue_full: return "too many records wait for Kafka";
    case Errc::invalid_argument: return "invalid argument";
  }
  return "unknown error";
}

class ErrcCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "linekeeper"; }
  std::string message(int value) const override { return text(static_cast<Errc>(value)); }
  const char* message(int value, char*, std::size_t) const noexcept override { return text(static_cast<Errc>(value)); }
};

}  // namespace

const boost::system::error_category& errc_category() noexcept {
  static const ErrcCategory category;
  return category;
}

}  // namespace linekeeper
