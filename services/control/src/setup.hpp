#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "access/gate.hpp"
#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/kafka/connection.hpp"
#include "linekeeper/redis/connection.hpp"
#include "linekeeper/settings/values.hpp"
#include "rpc/rpc_server.hpp"

namespace linekeeper::control {

/// What a control service needs that can be made before anything runs.
struct Setup {
  std::shared_ptr<const auth::KeyRing> ring;  ///< Null: none was given.
  redis::Connection::Settings redis;
  kafka::Connection kafka;
  Gate::Rules rules;
  std::optional<TlsFiles> tls;
};

/// From the settings, or one sentence that says what to mend.
std::variant<Setup, std::string> make_setup(const settings::Values& values);

/// The parts that SIGHUP reads again.
std::variant<Gate::Rules, std::string> access_rules(const settings::Values& values);
std::variant<std::shared_ptr<const auth::KeyRing>, std::string> key_ring(const settings::Values& values);

/// 127.0.0.0/8, ::1 and localhost.
bool is_loopback(std::string_view host) noexcept;

}  // namespace linekeeper::control
