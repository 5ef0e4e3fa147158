#pragma once

#include <grpcpp/support/status.h>

#include "failure.hpp"

namespace linekeeper::control {

/// With google.rpc.ErrorInfo as its detail.
grpc::Status status_of(const Failure& failure);

}  // namespace linekeeper::control
