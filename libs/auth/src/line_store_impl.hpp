#pragma once

#include "commit_script.hpp"
#include "line_codec.hpp"
#include "linekeeper/auth/line_store.hpp"

namespace linekeeper::auth {

using SealerPtr = std::shared_ptr<const Sealer>;

struct LineStore::Impl {
  Impl(redis::Connection& c, std::shared_ptr<const KeyRing> r, std::string s, Acquisition acquired)
      : connection(c),
        ring(std::move(r)),
        session(std::move(s)),
        token(acquired.token),
        head(std::move(acquired.head)),
        codec(ring, session) {}

  redis::Connection& connection;
  std::shared_ptr<const KeyRing> ring;
  std::string session;
  FencingToken token;
  LineHead head;
  RecordCodec codec;
  SealerPtr sealer;  ///< For `head.key_id` and `head.salt`, made when first needed.
  bool committing = false;

  /// Null for a line without fields.
  Result<SealerPtr> sealer_for(const LineHead& wanted);
  Result<void> check(const LineHead& found, std::uint64_t version_when_sent) const;
  void adopt(const LineHead& changed);
  Result<FieldWrites> writes_of(const Commit& commit, LineHead& next);
  awaitable<Result<Fresh>> write(std::shared_ptr<const Commit> commit, FieldWrites writes, std::string archive,
                                 LineHead next, net::Deadline until);
};

}  // namespace linekeeper::auth
