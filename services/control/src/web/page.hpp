#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "linekeeper/http/message.hpp"

namespace linekeeper::control {

/// A file of the page, bundled by services/control/page/build.mjs when the program is built. All of it is public.
struct PageFile {
  std::string_view path;
  std::string_view type;
  std::string_view etag;
  std::string_view body;
};

extern const std::span<const PageFile> kPage;

/// The answer, if the request is for the page: 304 to a browser that has it, 405 to any other method.
std::optional<http::Response> answer_page(const http::Request& request);

}  // namespace linekeeper::control
