#include "rpc/status.hpp"

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace linekeeper::control {

grpc::Status status_of(const Failure& failure) {
  const auto code = static_cast<grpc::StatusCode>(kind_of(failure.code));
  google::rpc::ErrorInfo info;
  info.set_reason(v1::ErrorCode_Name(failure.code));
  info.set_domain("linekeeper");
  if (!failure.detail.empty()) (*info.mutable_metadata())["detail"] = failure.detail;
  if (!failure.command_id.empty()) (*info.mutable_metadata())["command_id"] = failure.command_id;
  google::rpc::Status status;
  status.set_code(code);
  status.set_message(failure.message);
  status.add_details()->PackFrom(info);
  return grpc::Status(code, failure.message, status.SerializeAsString());
}

}  // namespace linekeeper::control
