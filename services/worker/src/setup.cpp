#include "setup.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <charconv>

#include "linekeeper/crypto/random.hpp"
#include "linekeeper/pairing/client_payload.hpp"

namespace linekeeper::worker {
namespace {

/// The web client's revision this program was last tried with. The server refuses old ones in time (CLIENT_OUTDATED);
/// `whatsapp-version` is for then.
constexpr std::uint32_t kBuiltInRevision = 1045649367;

std::string host_name() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0) return "worker";
  return name;
}

/// "2.3000.1035194821"
bool parse_version(std::string_view text, transport::ClientVersion& version) {
  std::uint32_t* const parts[] = {&version.primary, &version.secondary, &version.tertiary};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int part = 0; part < 3; ++part) {
    const auto [next, error] = std::from_chars(at, end, *parts[part]);
    if (error != std::errc()) return false;
    at = next;
    if (part == 2) break;
    if (at == end || *at != '.') return false;
    ++at;
  }
  return at == end;
}

}  // namespace

std::optional<transport::ClientVersion> client_version(const settings::Values& values) {
  transport::ClientVersion version;
  version.tertiary = kBuiltInRevision;
  if (values.is_set("whatsapp-version") && !parse_version(values.text("whatsapp-version"), version))
    return std::nullopt;
  return version;
}

std::variant<std::unique_ptr<Setup>, std::string> make_setup(const settings::Values& values) {
  auto setup = std::make_unique<Setup>();
  if (!values.is_set("key-ring")) {
    return "key-ring is not set: credentials are never stored unsealed. Make one with\n  " +
           auth::KeyRing::suggestion("key-ring") + "\nand pass --key-ring key-ring.";
  }
  auto ring = auth::KeyRing::load(values.text("key-ring"));
  if (auto* refusal = std::get_if<auth::KeyRing::Refusal>(&ring)) return "key-ring: " + refusal->text;
  setup->ring = std::make_shared<const auth::KeyRing>(std::move(std::get<auth::KeyRing>(ring)));

  std::string error;
  auto redis = redis_settings(values, error);
  if (!redis) return error;
  LoopSettings& loops = setup->loops;
  loops.redis = std::move(*redis);
  loops.ring = setup->ring;
  loops.lease.ttl = values.duration("lease-ttl");
  loops.lease.margin = values.duration("lease-margin");
  if (loops.lease.margin * 2 >= loops.lease.ttl) {
    return std::string("lease-margin must be less than half of lease-ttl, or no renewal can be late without loss.");
  }

  setup->logins.patience = values.duration("stand-aside-after");
  setup->logins.away_first = values.duration("stand-aside-for");
  setup->logins.away_most = 16 * setup->logins.away_first;

  LineRules& rules = loops.rules;
  rules.worker_id =
      values.is_set("worker-id") ? values.text("worker-id") : host_name() + "-" + to_hex(crypto::random_bytes(3));
  loops.holder = rules.worker_id + "/" + to_hex(crypto::random_bytes(8));
  rules.command_wait = values.duration("command-wait");
  rules.backoff_most = values.duration("backoff-max");
  rules.drain_timeout = values.duration("drain-timeout");
  rules.pair_code_within = values.duration("pair-code-timeout");
  if (values.is_set("conflict-retry")) rules.conflict_retry = values.duration("conflict-retry");
  rules.send_rate = values.rate("send-rate");
  rules.first_contact_rate = values.rate("first-contact-rate");
  // Who wants no limit at all says so once.
  const bool chosen = values.source("first-contact-rate").kind != settings::Source::Kind::fallback;
  if (!rules.send_rate && !chosen) rules.first_contact_rate.reset();

  transport::LineSettings& wire = loops.wire;
  wire.url = values.text("whatsapp-url");
  const auto root = values.hex32("noise-root");
  if (root) wire.noise_root = *root;
  const auto version = client_version(values);
  if (!version) return std::string("whatsapp-version must look like 2.3000.1035194821.");
  wire.profile.version = *version;
  wire.times.qr_first = values.duration("qr-time");
  wire.times.qr_next = wire.times.qr_first / 3;
  if (wire.url.starts_with("wss:")) {
    auto tls = net::TlsContext::client(values.text("tls-ca"));
    if (!tls) return std::string("tls-ca: the file cannot be read or holds no certificate.");
    wire.tls = std::move(*tls);
  }
  return setup;
}

std::string unfit_store(const redis::Connection::Settings& settings) {
  asio::io_context io(1);
  redis::Connection redis(io.get_executor(), settings);
  std::string unfit;
  // The first word decides; what does not answer at all is given up with the loop.
  redis.on_connected([&](const redis::ServerInfo&) { io.stop(); });
  redis.on_trouble([&](const redis::Trouble& trouble) {
    if (trouble.unfit) unfit = trouble.text;
    io.stop();
  });
  redis.start();
  io.run_for(settings.connect_timeout * 2);
  return unfit;
}

}  // namespace linekeeper::worker
