#include "setup.hpp"

#include <fstream>
#include <iterator>

#include "linekeeper/endpoints/endpoints.hpp"
#include "linekeeper/net/url.hpp"

namespace linekeeper::control {
namespace {

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (!file.is_open() || file.bad() || text.empty()) return std::nullopt;
  return text;
}

std::variant<std::optional<TlsFiles>, std::string> tls_files(const settings::Values& values) {
  if (values.is_set("tls-certificate") != values.is_set("tls-key"))
    return std::string("tls-certificate and tls-key go together: set both or neither.");
  if (!values.is_set("tls-certificate")) {
    if (values.is_set("tls-client-ca"))
      return std::string("tls-client-ca asks for client certificates, which needs tls-certificate and tls-key.");
    return std::optional<TlsFiles>();
  }
  TlsFiles files;
  const auto certificate = read_file(values.text("tls-certificate"));
  auto key = read_file(values.text("tls-key"));
  if (!certificate) return "tls-certificate: " + values.text("tls-certificate") + " cannot be read.";
  if (!key) return "tls-key: " + values.text("tls-key") + " cannot be read.";
  files.certificate = *certificate;
  files.key = Secret<std::string>(std::move(*key));
  if (values.is_set("tls-client-ca")) {
    const auto authorities = read_file(values.text("tls-client-ca"));
    if (!authorities) return "tls-client-ca: " + values.text("tls-client-ca") + " cannot be read.";
    files.client_ca = *authorities;
  }
  return std::optional(std::move(files));
}

/// Whoever may reach us may do everything, so nobody but this machine may reach us.
std::string exposed(const settings::Values& values) {
  for (const char* const name : {"grpc-listen", "http-listen"}) {
    const auto at = net::HostPort::parse(values.text(name));
    if (!at) return std::string(name) + ": " + values.text(name) + " is no address.";
    if (!is_loopback(at->host))
      return std::string(name) + " " + values.text(name) +
             " is reachable from elsewhere, and nothing says who may call: set access-file or jwks-file, or listen on "
             "127.0.0.1.";
  }
  return {};
}

}  // namespace

bool is_loopback(std::string_view host) noexcept {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::variant<Gate::Rules, std::string> access_rules(const settings::Values& values) {
  Gate::Rules rules;
  if (values.is_set("access-file")) {
    auto list = AccessList::load(values.text("access-file"));
    if (auto* refusal = std::get_if<AccessList::Refusal>(&list)) return "access-file: " + refusal->text + ".";
    rules.list = std::get<AccessList>(std::move(list));
  }
  if (values.is_set("jwks-file")) {
    auto keys = KeySet::load(values.text("jwks-file"));
    if (auto* refusal = std::get_if<KeySet::Refusal>(&keys)) return "jwks-file: " + refusal->text + ".";
    rules.keys = std::get<KeySet>(std::move(keys));
  }
  rules.expected = {values.text("jwt-audience"), values.text("jwt-issuer")};
  return rules;
}

std::variant<std::shared_ptr<const auth::KeyRing>, std::string> key_ring(const settings::Values& values) {
  if (!values.is_set("key-ring")) return std::shared_ptr<const auth::KeyRing>();
  auto ring = auth::KeyRing::load(values.text("key-ring"));
  if (auto* refusal = std::get_if<auth::KeyRing::Refusal>(&ring)) return "key-ring: " + refusal->text;
  return std::make_shared<const auth::KeyRing>(std::move(std::get<auth::KeyRing>(ring)));
}

std::variant<Setup, std::string> make_setup(const settings::Values& values) {
  Setup setup;
  auto ring = key_ring(values);
  if (auto* wrong = std::get_if<std::string>(&ring)) return std::move(*wrong);
  setup.ring = std::get<0>(std::move(ring));

  std::string problem;
  auto redis = endpoints::redis_settings(values, problem);
  if (!redis) return problem;
  setup.redis = std::move(*redis);
  setup.kafka = endpoints::kafka_connection(values, problem);
  if (!problem.empty()) return problem;
  setup.kafka.client_id = "linekeeper-control";

  auto rules = access_rules(values);
  if (auto* wrong = std::get_if<std::string>(&rules)) return std::move(*wrong);
  setup.rules = std::get<Gate::Rules>(std::move(rules));
  auto tls = tls_files(values);
  if (auto* wrong = std::get_if<std::string>(&tls)) return std::move(*wrong);
  setup.tls = std::get<0>(std::move(tls));
  if (setup.rules.list && setup.rules.list->has_certificates() && (!setup.tls || setup.tls->client_ca.empty()))
    return std::string("access-file names client certificates, which needs tls-client-ca.");
  if (!setup.rules.list && !setup.rules.keys) {
    if (std::string why = exposed(values); !why.empty()) return why;
  }
  return setup;
}

}  // namespace linekeeper::control
