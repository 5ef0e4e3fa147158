#include "linekeeper/endpoints/endpoints.hpp"

#include <fstream>

namespace linekeeper::endpoints {

std::optional<redis::Connection::Settings> redis_settings(const settings::Values& values, std::string& error) {
  redis::Connection::Settings settings;
  auto url = net::Url::parse(values.text("redis-url"));
  if (!url) {
    error = "redis-url is not a URL of the form redis://[user:password@]host[:port][/database].";
    return std::nullopt;
  }
  if (values.is_set("redis-password-file")) {
    std::ifstream file(values.text("redis-password-file"));
    std::string password;
    if (!std::getline(file, password)) {
      error = "redis-password-file cannot be read.";
      return std::nullopt;
    }
    url->password = Secret<std::string>(std::move(password));
  }
  if (url->tls()) {
    auto tls = net::TlsContext::client(values.text("tls-ca"));
    if (!tls) {
      error = "tls-ca: the file cannot be read or holds no certificate.";
      return std::nullopt;
    }
    settings.tls = std::move(*tls);
  }
  settings.url = std::move(*url);
  return settings;
}

kafka::Connection kafka_connection(const settings::Values& values, std::string& problem) {
  kafka::Connection connection;
  connection.brokers = values.text("kafka-brokers");
  if (const auto wrong = kafka::add_properties(connection, values.list("kafka-property"))) problem = wrong->what;
  return connection;
}

}  // namespace linekeeper::endpoints
