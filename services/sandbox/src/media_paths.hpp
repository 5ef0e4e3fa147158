#pragma once

#include <string>
#include <string_view>

#include "faults.hpp"
#include "linekeeper/http/message.hpp"
#include "media_store.hpp"

namespace linekeeper::sandbox {

/// Whether a path belongs to the media endpoints: uploads under /mms/, downloads under /v/ as well.
bool is_media_path(std::string_view path) noexcept;

/// POST, GET, HEAD and DELETE of encrypted media. The name of a blob is the last part of its path; clients glue query
/// and path together in several ways, so whatever follows the name is ignored.
http::Response answer_media(MediaStore& store, Faults& faults, const std::string& public_address,
                            const http::Request& request);

}  // namespace linekeeper::sandbox
