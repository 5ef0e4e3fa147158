#include "linekeeper/message/iq.hpp"

#include <limits>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport::message {
namespace {

Node request(std::string_view type, std::string_view id, std::string_view xmlns) {
  return Node("iq").with("id", id).with("to", server_jid()).with("type", type).with("xmlns", xmlns);
}

std::optional<std::uint32_t> small(const std::optional<std::uint64_t>& number) {
  if (!number || *number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

}  // namespace

Node iq_get(std::string_view id, std::string_view xmlns) {
  return request("get", id, xmlns);
}

Node iq_set(std::string_view id, std::string_view xmlns) {
  return request("set", id, xmlns);
}

std::optional<ServerError> error_in(const Node& node) {
  const Node* error = node.child("error");
  if (error == nullptr) return std::nullopt;
  return ServerError{small(error->number("code")).value_or(0), error->attr("text").value_or(""),
                     small(error->number("backoff"))};
}

Result<void> expect_result(const Node& answer) {
  if (answer.tag != "iq") return Errc::malformed_message;
  if (answer.attr_is("type", "error")) return Errc::iq_error;
  if (!answer.attr_is("type", "result")) return Errc::malformed_message;
  return ok();
}

}  // namespace linekeeper::transport::message
