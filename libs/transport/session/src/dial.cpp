// The way to the server: socket, upgrade, handshake.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <ctime>

#include "connection.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/noise/client_handshake.hpp"
#include "linekeeper/pairing/client_payload.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "pairing.hpp"
#include "stream_end.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

/// How long a write may take before the other side counts as gone.
constexpr auto kWriteLimit = std::chrono::seconds(30);

}  // namespace

/// The attempt may outlive this life: it stands on its own and its socket dies unused.
asio::awaitable<Result<net::WebSocket>> Connection::connect(net::ConnectReport& report) {
  auto url = net::Url::parse(settings_.url);
  if (!url || (url->tls() && !tls_)) co_return Errc::invalid_argument;
  struct Attempt {
    net::OneShot<Result<net::WebSocket>> done;
    net::ConnectReport report;
  };
  auto attempt = std::make_shared<Attempt>();
  connecting_ = std::shared_ptr<net::OneShot<Result<net::WebSocket>>>(attempt, &attempt->done);
  // A plain connection never looks at its context, but one has to be there.
  static const auto unused = net::TlsContext::client_insecure();
  if (!url->tls() && !unused) co_return unused.error();
  net::TlsContext tls = url->tls() ? *tls_ : *unused;
  auto dial = [](std::shared_ptr<Attempt> mine, net::Url where, net::TlsContext trust,
                 net::Deadline deadline) -> asio::awaitable<void> {
    net::Headers headers;
    auto socket = co_await net::connect_websocket(std::move(where), std::move(trust), std::move(headers), deadline,
                                                  &mine->report);
    mine->done.set(std::move(socket));
  };
  auto dialling = dial(attempt, std::move(*url), std::move(tls), net::Deadline::after(settings_.times.connect));
  asio::co_spawn(executor_, std::move(dialling), asio::detached);
  auto socket = co_await attempt->done.wait();
  report = attempt->report;
  connecting_.reset();
  co_return socket;
}

asio::awaitable<bool> Connection::open() {
  net::ConnectReport report;
  auto connected = co_await connect(report);
  if (ended()) co_return false;
  if (!connected) {
    end(end_of_connect(connected.error(), report.http_status));
    co_return false;
  }
  net::WebSocket socket = std::move(*connected);
  socket_ = socket.handle();

  auto payload = client_payload(credentials_, settings_.profile);
  if (!payload) {
    end(make_end(EndReason::credentials_conflict, "corrupt"));
    co_return false;
  }
  ClientHandshake::Settings handshake_settings;
  handshake_settings.noise_key = credentials_.noise;
  handshake_settings.client_payload = std::move(*payload);
  handshake_settings.root = settings_.noise_root;
  handshake_settings.routing_info = credentials_.routing_info;
  ClientHandshake handshake(std::move(handshake_settings));

  const auto deadline = net::Deadline::after(settings_.times.handshake);
  Bytes greeting = handshake.start();
  auto greeted = co_await socket.write(std::move(greeting), deadline);
  FrameReader frames;
  std::optional<Bytes> hello;
  error_code failure = greeted ? error_code() : greeted.error();
  while (!failure && !hello) {
    auto frame = frames.next();
    if (!frame) {
      failure = frame.error();
    } else if (*frame) {
      hello = std::move(**frame);
    } else {
      auto message = co_await socket.read(deadline);
      if (message) {
        frames.push(*message);
      } else {
        failure = message.error();
      }
    }
  }
  if (ended()) co_return false;
  if (failure) {
    end(end_of_handshake(failure));
    co_await forget_route();
    co_return false;
  }
  const auto now = static_cast<std::uint64_t>(std::time(nullptr));
  auto done = handshake.on_server_hello(*hello, now, settings_.certificates);
  if (!done) {
    end(end_of_handshake(done.error()));
    co_await forget_route();
    co_return false;
  }
  auto finished = co_await socket.write(std::move(done->message), deadline);
  if (ended()) co_return false;
  if (!finished) {
    end(end_of_handshake(finished.error()));
    co_return false;
  }
  wire_.emplace(std::move(socket), std::move(done->cipher), std::move(frames), tasks_, kWriteLimit);
  heard();
  if (pairing_) {
    phase_ = Phase::pairing;
    limit_phase(settings_.times.login, make_end(EndReason::pairing_timeout, "no_refs"));
  } else {
    phase_ = Phase::logging_in;
    limit_phase(settings_.times.login, make_end(EndReason::network, "no_login_answer"));
  }
  co_return true;
}

/// A stale way in is harmless by itself, but it is the first thing to doubt when a handshake fails.
asio::awaitable<void> Connection::forget_route() {
  if (!credentials_.registered() || credentials_.routing_info.empty()) co_return;
  DeviceCredentials without = credentials_;
  without.routing_info.clear();
  Changes changes;
  changes.push_back({std::string(kCredentialsField), serialize(without)});
  auto stored = co_await host_.commit(std::move(changes));
  if (stored) set_credentials(std::move(without));
}

}  // namespace linekeeper::transport
