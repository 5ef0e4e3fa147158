#include "connection.hpp"
#include "linekeeper/net/aside.hpp"
#include "linekeeper/pairing/link_code_stanzas.hpp"
#include "pairing.hpp"
#include "stream_end.hpp"

namespace linekeeper::transport {
namespace asio = boost::asio;
namespace {

/// More answers of the phone to one code than a person mistypes.
constexpr unsigned kMaxHellos = 3;

}  // namespace

/// The code is shown only once the server knows it: one shown earlier could be dead.
asio::awaitable<void> Pairing::ask_for_code() {
  asking_ = true;
  Code fresh;
  fresh.ephemeral = crypto::generate_key_pair();
  fresh.code = custom_code_.empty() ? generate_link_code() : *normalize_link_code(custom_code_);
  const auto& times = line_.settings().times;
  fresh.dies = Clock::now() + times.code_life;

  auto wrap = [code = fresh.code, pub = fresh.ephemeral.pub] { return wrap_ephemeral(code, pub); };
  const WrappedKey wrapped = co_await net::aside(line_.executor(), std::move(wrap));
  if (line_.ended()) co_return;

  CompanionHello hello;
  hello.id = line_.next_id();
  hello.phone = phone_;
  hello.wrapped_ephemeral = wrapped;
  hello.noise = line_.credentials().noise.pub;
  Node request = companion_hello(hello);
  auto answer = co_await line_.ask(std::move(request), times.pairing_hello);
  asking_ = false;
  if (line_.ended() || stopped_) co_return;
  if (!answer) {
    line_.end(make_end(EndReason::pairing_timeout, "hello"));
    co_return;
  }
  if (!is_result(*answer)) {
    line_.end(end_of_pairing_iq(iq_error_code(*answer), true));
    co_return;
  }
  auto ref = parse_companion_hello_result(*answer);
  if (!ref) {
    line_.end(make_end(EndReason::pairing_failed, "hello"));
    co_return;
  }
  fresh.ref = std::move(*ref);
  PairingCode shown;
  shown.code = display_link_code(fresh.code);
  shown.expires_at = std::chrono::system_clock::now() +
                     std::chrono::duration_cast<std::chrono::system_clock::duration>(fresh.dies - Clock::now());
  code_ = std::move(fresh);
  line_.rearm();
  line_.host().pairing_code_shown(shown);
}

asio::awaitable<void> Pairing::on_link_stage(Node notification) {
  switch (link_stage(notification)) {
    case LinkStage::primary_hello: co_await on_primary_hello(std::move(notification)); break;
    case LinkStage::refresh_code: {
      const auto refresh = parse_refresh_code(notification);
      if (!refresh || !code_ || refresh->ref != code_->ref) break;
      if (refresh->manual) {
        line_.end(make_end(EndReason::pairing_timeout, "code_retired"));
        break;
      }
      code_.reset();
      line_.host().pairing_code_retired();
      if (!asking_) line_.tasks().spawn(ask_for_code());
      break;
    }
    default: break;
  }
}

/// Stanzas are handled one after the other, so two answers of the phone never mix their secrets.
asio::awaitable<void> Pairing::on_primary_hello(Node notification) {
  const auto hello = parse_primary_hello(notification);
  if (!hello || !code_ || hello->ref != code_->ref || Clock::now() >= code_->dies) co_return;
  if (++code_->hellos > kMaxHellos) co_return;

  auto finish = [code = code_->code, ephemeral = code_->ephemeral, identity = line_.credentials().identity,
                 wrapped = hello->wrapped_ephemeral, primary = hello->primary_identity] {
    return finish_as_companion(ephemeral, unwrap_ephemeral(code, wrapped), identity, primary);
  };
  auto linked = co_await net::aside(line_.executor(), std::move(finish));
  if (!linked || !code_ || line_.ended()) co_return;

  DeviceCredentials agreed = line_.credentials();
  agreed.adv_secret = linked->adv_secret;
  line_.set_credentials(std::move(agreed));
  code_->dies = Clock::now() + line_.settings().times.code_finish;
  line_.rearm();

  CompanionFinish proof;
  proof.id = line_.next_id();
  proof.phone = phone_;
  proof.bundle = linked->bundle;
  proof.companion_identity = line_.credentials().identity.pub;
  proof.ref = code_->ref;
  // The answer only says that the server passed it on. Waiting here would keep pair-success in the queue behind us.
  auto ask = [](Connection& line, Node request) -> asio::awaitable<void> {
    const auto limit = line.settings().times.pairing_hello;
    auto answer = co_await line.ask(std::move(request), limit);
    if (!answer || is_result(*answer) || line.ended()) co_return;
    const int code = iq_error_code(*answer);
    // 401: the phone could not open it, because the code was mistyped. The person may try again.
    if (code != 401) line.end(end_of_pairing_iq(code, true));
  };
  line_.tasks().spawn(ask(line_, companion_finish(proof)));
}

}  // namespace linekeeper::transport
