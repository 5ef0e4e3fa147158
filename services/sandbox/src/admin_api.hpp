#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "linekeeper/base/secret.hpp"
#include "linekeeper/http/message.hpp"
#include "linekeeper/net/awaitable.hpp"
#include "media_store.hpp"
#include "port.hpp"

namespace linekeeper::sandbox {

/// What a person at a phone does, and what an observer sees and breaks: HTTP with JSON under /admin.
class AdminApi {
 public:
  struct Settings {
    Secret<std::string> token;    ///< Empty: no token is asked for.
    std::string tls_certificate;  ///< PEM, for clients that want to verify.
  };

  AdminApi(Port& port, MediaStore& media, Settings settings);
  ~AdminApi();

  /// Paths under /admin only.
  awaitable<http::Response> answer(http::Request request);

 private:
  /// One call, with the variable parts of its path.
  struct Call {
    http::Request request;
    std::vector<std::string> path;
  };
  using Action = awaitable<http::Response> (AdminApi::*)(Call);
  struct Route {
    const char* method;
    const char* path;  ///< `*` stands for one variable part.
    Action action;
    const char* help;
  };
  static const std::vector<Route>& routes();

  awaitable<http::Response> list_calls(Call call);
  awaitable<http::Response> noise_root(Call call);
  awaitable<http::Response> tls_certificate(Call call);
  awaitable<http::Response> scan(Call call);
  awaitable<http::Response> enter(Call call);
  awaitable<http::Response> list_phones(Call call);
  awaitable<http::Response> create_phone(Call call);
  awaitable<http::Response> show_phone(Call call);
  awaitable<http::Response> send_text(Call call);
  awaitable<http::Response> show_messages(Call call);
  awaitable<http::Response> show_sent(Call call);
  awaitable<http::Response> read_all(Call call);
  awaitable<http::Response> remove(Call call);
  awaitable<http::Response> list_devices(Call call);
  awaitable<http::Response> list_connections(Call call);
  awaitable<http::Response> end_connections(Call call);
  awaitable<http::Response> freeze(Call call);
  awaitable<http::Response> journal(Call call);
  awaitable<http::Response> counters(Call call);
  awaitable<http::Response> wait(Call call);
  awaitable<http::Response> list_faults(Call call);
  awaitable<http::Response> add_fault(Call call);
  awaitable<http::Response> remove_fault(Call call);
  awaitable<http::Response> clear_faults(Call call);
  awaitable<http::Response> set_clock(Call call);
  awaitable<http::Response> renew_noise_key(Call call);
  awaitable<http::Response> clear_media(Call call);

  Core& core() noexcept { return port_.core(); }

  Port& port_;
  MediaStore& media_;
  Settings settings_;
  boost::asio::thread_pool slow_{1};  ///< Pairing codes are derived here: 40 ms each would stall everybody.
};

}  // namespace linekeeper::sandbox
