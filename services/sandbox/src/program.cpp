#include "program.hpp"

#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include "admin_api.hpp"
#include "linekeeper/http/server.hpp"
#include "linekeeper/net/certificate.hpp"
#include "linekeeper/net/url.hpp"
#include "media_paths.hpp"
#include "phone.hpp"
#include "port.hpp"

namespace linekeeper::sandbox {

namespace {

using namespace std::chrono_literals;

/// A start that failed, said in one sentence.
struct CannotStart {
  std::string why;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  if (!in) throw CannotStart{"cannot read '" + path + "'"};
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

net::Certificate certificate_from(const settings::Values& values) {
  const std::string& certificate = values.text("tls-certificate");
  const std::string& key = values.text("tls-key");
  if (certificate.empty() != key.empty()) throw CannotStart{"tls-certificate and tls-key belong together: give both"};
  if (certificate.empty()) return net::make_self_signed();
  return {read_file(certificate), Secret<std::string>(read_file(key))};
}

void create_phones(Core& core, const std::vector<std::string>& wanted) {
  for (const std::string& entry : wanted) {
    const auto equals = entry.find('=');
    Account* account = core.directory.create(entry.substr(0, equals));
    if (account == nullptr)
      throw CannotStart{"phone: '" + entry + "' is not NUMBER or NUMBER=NAME with a new number of 7 to 15 digits"};
    account->push_name = equals == std::string::npos ? "Phone " + account->number() : entry.substr(equals + 1);
  }
}

/// Thousands of lines need as many descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

awaitable<http::Response> answer(Port& port, AdminApi& admin, MediaStore& media, http::Request request) {
  if (request.path == "/admin" || request.path.starts_with("/admin/")) {
    auto response = co_await admin.answer(std::move(request));
    co_return response;
  }
  if (is_media_path(request.path))
    co_return answer_media(media, port.core().faults, port.core().settings.media_host, request);
  if (request.path == "/")
    co_return http::Response::text(200, "linekeeper-sandbox is up; GET /admin lists its calls\n");
  co_return http::Response::text(404, "nothing here; clients connect to /ws/chat, GET /admin lists the other calls\n");
}

awaitable<void> stop_server(http::Server& server, boost::asio::io_context& loop) {
  co_await server.stop(net::Deadline::after(2s));
  loop.stop();
}

void serve(const settings::Values& values, telemetry::Log& log) {
  constexpr std::size_t kMostMedia = std::size_t{128} << 20U;
  const std::string& listen = values.text("listen");
  const auto address = net::HostPort::parse(listen);
  if (!address) throw CannotStart{"listen: '" + listen + "' is not host:port"};
  const std::string& token = values.text("admin-token");
  if (token.empty() && !is_loopback(address->host))
    throw CannotStart{"listen: '" + listen + "' is reachable from outside: set an admin-token"};

  raise_descriptor_limit();
  boost::asio::io_context loop(1);
  const net::Certificate certificate = certificate_from(values);
  const auto tls = net::TlsContext::server(certificate);
  if (!tls) throw CannotStart{"tls-certificate and tls-key do not parse or do not match"};

  CoreSettings settings;
  settings.max_companions = values.number("max-companions");
  settings.queue_limit = values.number("queue-limit");
  settings.journal_limit = values.number("journal-limit");
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  ConnectionLimits limits;
  limits.silence = values.duration("client-silence");
  limits.outgoing = values.number("send-limit");
  Port port(loop.get_executor(), settings, limits, ServerKeys(values.hex32("noise-root-seed"), now.count()), log);
  create_phones(port.core(), values.list("phone"));
  MediaStore media(values.number("media-limit"));
  AdminApi admin(port, media, {Secret<std::string>(token), certificate.certificate_pem});

  http::ServerSettings http;
  http.max_connections = values.number("max-connections");
  http.tls = *tls;
  http.body_limit = [&media](std::string_view, std::string_view path) -> std::size_t {
    return is_media_path(path) ? kMostMedia : std::size_t{1} << 20U;
  };
  http.on_upgrade = [&port](net::Socket socket, Bytes leftover, http::Request request) {
    return port.serve(std::move(socket), std::move(leftover), std::move(request));
  };
  auto server = http::Server::start(
      loop.get_executor(), listen,
      [&](http::Request request) { return answer(port, admin, media, std::move(request)); }, std::move(http));
  if (!server) throw CannotStart{"cannot listen on " + listen + ": " + server.error().message()};
  const std::string& advertised = values.text("public-address");
  port.core().settings.media_host = advertised.empty() ? server->address() : advertised;

  log.info("sandbox is up", {{"listen", server->address()},
                             {"noise_root", to_hex(port.keys().root())},
                             {"phones", port.core().directory.all().size()}});
  std::cout << "wss://" << server->address() << "/ws/chat\n"
            << "noise-root " << to_hex(port.keys().root()) << "\n"
            << "https://" << server->address() << "/admin lists the calls\n"
            << std::flush;

  boost::asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    log.info("sandbox stops");
    boost::asio::co_spawn(loop, stop_server(*server, loop), boost::asio::detached);
  });
  loop.run();
}

}  // namespace

int run(const settings::Values& values, telemetry::Log& log) {
  try {
    serve(values, log);
    return 0;
  } catch (const CannotStart& failure) {
    std::cerr << "linekeeper-sandbox: " << failure.why << "\n";
    return 1;
  }
}

}  // namespace linekeeper::sandbox
