#include "linekeeper/auth/line_head.hpp"

#include "linekeeper/base/errc.hpp"

namespace linekeeper::auth {
namespace {

std::uint64_t number_of(const redis::Reply& value, bool& damaged) {
  if (value.is_nil()) return 0;
  const auto number = value.integer();
  if (number && *number >= 0) return static_cast<std::uint64_t>(*number);
  damaged = true;
  return 0;
}

}  // namespace

const std::vector<std::string>& head_fields() {
  static const std::vector<std::string> names{"token", "version", "commit", "run", "key", "salt", "status", "desired"};
  return names;
}

Result<LineHead> read_head(const redis::Reply& values) {
  if (!values.array() || values.array()->size() < head_fields().size()) return Errc::malformed_value;
  LineHead head;
  head.token = number_of(values.at(0), head.damaged);
  head.version = number_of(values.at(1), head.damaged);
  if (!values.at(1).is_nil()) head.stored_version = values.at(1).string().value_or("");
  head.commit = values.at(2).string().value_or("");
  head.run_id = values.at(3).string().value_or("");
  head.key_id = values.at(4).string().value_or("");
  head.salt = to_bytes(values.at(5).string().value_or(""));
  head.status = to_bytes(values.at(6).string().value_or(""));
  head.desired = to_bytes(values.at(7).string().value_or(""));
  return head;
}

}  // namespace linekeeper::auth
