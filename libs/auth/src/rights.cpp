#include "linekeeper/auth/rights.hpp"

#include "linekeeper/base/errc.hpp"
#include "scripts.hpp"

namespace linekeeper::auth {

awaitable<Result<std::vector<std::string>>> missing_rights(redis::Connection& connection) {
  const auto reply = co_await connection.eval(scripts::rights(), {}, {});
  if (!reply) co_return reply.error();
  if (!reply->array()) co_return Errc::malformed_value;
  std::vector<std::string> missing;
  for (const redis::Reply& name : *reply->array())
    missing.emplace_back(name.string().value_or(""));
  co_return missing;
}

}  // namespace linekeeper::auth
