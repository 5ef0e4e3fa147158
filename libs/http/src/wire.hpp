#pragma once

#include <string>

#include "linekeeper/http/message.hpp"

namespace linekeeper::http {

/// Fills path and query from the target; false on a broken escape.
bool split_target(Request& request);

std::string serialize(const Request& request, std::string_view host);

/// `without_body` for answers to HEAD: the length is stated, the body is not sent.
std::string serialize(const Response& response, bool keep_alive, bool without_body);

/// The head of an answer whose body follows in chunks, after which the connection ends.
std::string serialize_head(const Response& response);
std::string chunk_of(std::string_view part);  ///< Precondition: not empty, which would be the end.
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace linekeeper::http
