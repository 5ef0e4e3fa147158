#pragma once

#include <memory>
#include <string>

#include "linekeeper/auth/commit.hpp"
#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/auth/sealed.hpp"

namespace linekeeper::auth {

/// Seals what must outlive a reset, so without the salt made at pairing: ledger records, pending events, archives, the
/// audit trail. Errors of all that open: as `Sealer::open`.
class RecordCodec {
 public:
  RecordCodec(std::shared_ptr<const KeyRing> ring, std::string session);

  std::string seal(std::string_view tag, const LedgerRecord& record) const;
  Result<LedgerRecord> open_record(std::string_view tag, ByteView sealed) const;
  std::string seal(const PendingEvent& event) const;
  Result<PendingEvent> open_event(std::string_view tag, ByteView sealed) const;
  std::string seal_archive(const Fields& fields) const;
  Result<Fields> open_archive(ByteView sealed) const;
  std::string seal_audit(ByteView trail) const;
  Result<Bytes> open_audit(ByteView sealed) const;

 private:
  std::shared_ptr<const KeyRing> ring_;
  std::string session_;
  Sealer sealer_;
};

}  // namespace linekeeper::auth
