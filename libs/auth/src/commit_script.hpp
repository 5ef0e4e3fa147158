#pragma once

#include <string>
#include <utility>
#include <vector>

#include "line_codec.hpp"
#include "linekeeper/auth/commit.hpp"

namespace linekeeper::auth {

/// What is to be written of the fields, under stored names.
struct FieldWrites {
  std::string key_id;  ///< Empty: key and salt stay.
  Bytes salt;
  std::vector<std::string> erase;
  std::vector<std::pair<std::string, std::string>> put;
};

/// Weeks of inbound ids that may be there: a week's set is written for a week and needed for two more.
inline constexpr int kInboundWeeks = 4;
/// The present week, as `key::inbound` counts.
std::int64_t present_week();

/// The keys of commit.lua, in its order.
std::vector<std::string> commit_keys(const std::string& session, const Commit& commit);
/// Its arguments after the run id.
std::vector<std::string> commit_arguments(const Commit& commit, const FieldWrites& writes, const std::string& archive,
                                          const RecordCodec& codec);

}  // namespace linekeeper::auth
