#include "stanza.hpp"

namespace linekeeper::sandbox {

namespace {

Node answer(const Node& request, const char* type) {
  Node iq("iq");
  iq.with("type", type);
  iq.with_optional("id", request.attr("id"));
  // Clients name the server in several spellings or not at all; the answer always carries the address as a JID.
  iq.with("from", request.jid("to").value_or(transport::server_jid()));
  return iq;
}

}  // namespace

Node iq_result(const Node& request) {
  return answer(request, "result");
}

Node iq_error(const Node& request, unsigned code) {
  return answer(request, "error").add(error_node(code));
}

Node error_node(unsigned code) {
  return Node("error").with("code", code).with("text", error_text(code));
}

std::string_view error_text(unsigned code) noexcept {
  switch (code) {
    case 400: return "bad-request";
    case 401: return "not-authorized";
    case 403: return "forbidden";
    case 404: return "item-not-found";
    case 405: return "not-allowed";
    case 406: return "not-acceptable";
    case 409: return "conflict";
    case 410: return "gone";
    case 419: return "resource-limit";
    case 423: return "locked";
    case 429: return "rate-overlimit";
    case 452: return "feature-not-available";
    case 501: return "feature-not-implemented";
    case 503: return "service-unavailable";
    case 530: return "partial-server-error";
    default: return "internal-server-error";
  }
}

}  // namespace linekeeper::sandbox
