#pragma once

#include <functional>
#include <string>
#include <vector>

#include "access/gate.hpp"
#include "hooks/courier.hpp"
#include "linekeeper/http/server.hpp"
#include "linekeeper/telemetry/metrics.hpp"
#include "service/control.hpp"
#include "web/health.hpp"

namespace linekeeper::control {

/// A request with what all its handlers need.
struct WebRequest {
  http::Request http;
  std::vector<std::string> path;  ///< Below /v1, decoded segment by segment.
  Call call;

  const std::string& session() const { return path.at(1); }
  bool is(std::string_view method) const noexcept { return http.method == method; }
  /// The caller's idempotency key, where the body has none.
  std::string command_id() const { return std::string(http.header("Idempotency-Key").value_or("")); }
};

/// HTTP/JSON: Control's calls under /v1, the calls that others' clients know, and health. Handlers are in files of
/// their own: sessions, pictures of QRs, event streams, and the older shapes.
/// Threads: the executor's.
class Gateway {
 public:
  /// All outlive it.
  Gateway(asio::any_io_executor executor, Control& control, Gate& gate, Audit& audit, const Health& health,
          telemetry::Metrics& metrics)
      : executor_(std::move(executor)),
        control_(control),
        gate_(gate),
        audit_(audit),
        health_(health),
        metrics_(metrics) {}

  /// Where the figures of webhooks come from: set before the first request.
  void show_hooks(std::function<std::vector<HookStats>()> stats) { hook_stats_ = std::move(stats); }

  awaitable<http::Response> answer(http::Request request);

 private:
  awaitable<http::Response> route(WebRequest request);
  awaitable<http::Response> route_session(WebRequest request);
  awaitable<http::Response> dispatch_post(WebRequest request, std::string verb);

  // sessions_api.cpp
  awaitable<http::Response> list(WebRequest request);
  awaitable<http::Response> get_session(WebRequest request);
  awaitable<http::Response> get_command(WebRequest request);
  awaitable<http::Response> pair(WebRequest request);
  awaitable<http::Response> send(WebRequest request);
  awaitable<http::Response> check_numbers(WebRequest request);
  awaitable<http::Response> credentials(WebRequest request);
  awaitable<http::Response> reset(WebRequest request);
  awaitable<http::Response> line_action(WebRequest request, std::string verb);
  // qr_api.cpp
  awaitable<http::Response> qr(WebRequest request);
  awaitable<http::Response> qr_page(WebRequest request);
  // watch_api.cpp
  http::Response watch(WebRequest request);
  awaitable<void> stream_changes(Call call, v1::WatchSessionsRequest request, http::BodyWriter& writer);
  // hooks_api.cpp
  http::Response webhook_stats(const WebRequest& request) const;
  // compat_api.cpp
  awaitable<http::Response> compat_create(WebRequest request);
  awaitable<http::Response> compat_status(WebRequest request);
  awaitable<http::Response> compat_restart(WebRequest request);
  awaitable<http::Response> compat_delete(WebRequest request);
  awaitable<http::Response> compat_reconnect(WebRequest request);
  awaitable<http::Response> compat_credentials_status(WebRequest request);
  awaitable<http::Response> compat_reset(WebRequest request);
  awaitable<http::Response> compat_regenerate_qr(WebRequest request);
  http::Response compat_format_phone(const WebRequest& request);

  /// Starts pairing and waits for the first QR, code or end. Errors as Control::pair's.
  awaitable<Answer<v1::PairProgress>> begin_pairing(Call call, v1::PairCommand command);

  asio::any_io_executor executor_;
  Control& control_;
  Gate& gate_;
  Audit& audit_;
  const Health& health_;
  telemetry::Metrics& metrics_;
  std::function<std::vector<HookStats>()> hook_stats_ = [] { return std::vector<HookStats>(); };
};

/// The answer to a change: 202 with Location where its end is not known yet.
http::Response change_response(const Failure& failure, const std::string& session);

/// "5s", "500ms" or "5", at most a minute; the default if absent or unreadable.
std::chrono::milliseconds wait_of(const http::Request& request);

}  // namespace linekeeper::control
