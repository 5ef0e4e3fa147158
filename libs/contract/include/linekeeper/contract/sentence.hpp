#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>

#include "linekeeper/lifecycle/lifecycle.hpp"
#include "linekeeper/v1/error.pb.h"

namespace linekeeper::contract {

/// A sentence for each code: what happened and what to do next. The one place where they are written.
std::string_view sentence(v1::ErrorCode code) noexcept;
v1::Error error_of(v1::ErrorCode code, std::string detail = {});

google::protobuf::Timestamp timestamp_of(lifecycle::Time time);

}  // namespace linekeeper::contract
