#include "tls_memory.hpp"

#include <ctime>

namespace linekeeper::net {
namespace {

constexpr std::int64_t kLongest = 24 * 3600;

}  // namespace

void TlsContext::Memory::offer(SSL* ssl, const std::string& host) {
  const std::int64_t age = std::time(nullptr) - verified_at_;
  if (host != host_ || age < 0 || age >= kLongest) session_.reset();
  host_ = host;
  SSL_set_app_data(ssl, this);
  if (!session_) return;
  SSL_set_session(ssl, session_.get());
  if (SSL_SESSION_get_protocol_version(session_.get()) >= TLS1_3_VERSION) session_.reset();
}

int TlsContext::Memory::keep(SSL* ssl, SSL_SESSION* session) {
  auto* const memory = static_cast<Memory*>(SSL_get_app_data(ssl));
  if (memory == nullptr || SSL_SESSION_is_resumable(session) != 1) return 0;
  if (SSL_session_reused(ssl) == 0) memory->verified_at_ = std::time(nullptr);
  memory->session_.reset(session);
  return 1;
}

}  // namespace linekeeper::net
