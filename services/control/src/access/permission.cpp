#include "access/permission.hpp"

namespace linekeeper::control {

std::optional<Failure> refusal(const Caller& caller, Role role) {
  if (caller.may(role)) return std::nullopt;
  return Failure(v1::ACCESS_DENIED, "role");
}

std::optional<Failure> refusal(const Caller& caller, Role role, std::string_view session) {
  if (auto denied = refusal(caller, role)) return denied;
  if (caller.sees(session)) return std::nullopt;
  return Failure(v1::ACCESS_DENIED, "session");
}

}  // namespace linekeeper::control
