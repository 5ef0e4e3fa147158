#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "linekeeper/auth/key_ring.hpp"
#include "linekeeper/endpoints/endpoints.hpp"
#include "linekeeper/net/tls_context.hpp"
#include "linekeeper/settings/values.hpp"
#include "loop/login_watch.hpp"
#include "loop/loop.hpp"

namespace linekeeper::worker {

using endpoints::kafka_connection;
using endpoints::redis_settings;

/// What a worker needs that can be made before anything runs.
struct Setup {
  std::shared_ptr<const auth::KeyRing> ring;
  LoopSettings loops;
  LoginWatch::Settings logins;
};

/// From the settings, or one sentence that says what to mend.
std::variant<std::unique_ptr<Setup>, std::string> make_setup(const settings::Values& values);

/// Why no worker may start with this Redis: it evicts keys, or is too old. Empty if it may, or if Redis does not answer
/// now; then that is seen when it does. Blocks for as long as one connect may take.
std::string unfit_store(const redis::Connection::Settings& settings);

/// The version that lines claim; nothing if the setting is not one.
std::optional<transport::ClientVersion> client_version(const settings::Values& values);

}  // namespace linekeeper::worker
