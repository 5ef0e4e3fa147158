#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/redis/reply.hpp"

namespace linekeeper::auth {

/// What stands unsealed at the head of a line's stored state.
struct LineHead {
  std::uint64_t token = 0;    ///< Of the last holder.
  std::uint64_t version = 0;  ///< Counts commits; 0 for a line nobody wrote, and for a damaged head.
  /// Token or version are no numbers. The line is left alone until a reset, which counts versions from one again.
  bool damaged = false;
  std::string stored_version = "0";  ///< As it stands there, number or not: what the next commit compares with.
  std::string commit;                ///< Id of the last commit applied.
  std::string run_id;                ///< Of the server that took the last commit.
  std::string key_id;                ///< The ring's key under which the fields are sealed; empty without fields.
  Bytes salt;                        ///< Made at pairing; empty without fields.
  Bytes status;                      ///< The worker's own, opaque here, not sealed.
  Bytes desired;                     ///< An operator's wish, opaque here, not sealed.
};

/// The hash fields that hold it, in the order in which `read_head` wants them.
const std::vector<std::string>& head_fields();
/// Errors: `malformed_value` where it is no answer to a question for these fields. Whatever they hold is no error.
Result<LineHead> read_head(const redis::Reply& values);

}  // namespace linekeeper::auth
