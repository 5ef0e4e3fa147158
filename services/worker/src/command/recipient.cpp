#include "command/recipient.hpp"

#include "linekeeper/pairing/phone_number.hpp"

namespace linekeeper::worker {

std::optional<transport::Jid> recipient_of(std::string_view to, std::string_view default_country) {
  if (to.find('@') != std::string_view::npos) {
    auto jid = transport::Jid::parse(to);
    if (!jid || jid->user.empty()) return std::nullopt;
    return jid->bare();
  }
  std::string written(to);
  if (!default_country.empty()) {
    const auto first = written.find_first_not_of(" \t-().");
    if (first != std::string::npos && written[first] == '0') {
      written = std::string(default_country) + written.substr(first + 1);
    }
  }
  auto digits = transport::normalize_phone(written);
  if (!digits) return std::nullopt;
  transport::Jid jid;
  jid.user = std::move(*digits);
  jid.server = transport::Server::pn;
  return jid;
}

}  // namespace linekeeper::worker
