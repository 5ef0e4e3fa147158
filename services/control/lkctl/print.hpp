#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "client.hpp"
#include "linekeeper/v1/control.pb.h"

namespace linekeeper::lkctl {

enum class Output { table, json };

/// Columns as wide as their widest cell; control characters shown as `?`, so that no name drives the terminal.
std::string table(const std::vector<std::vector<std::string>>& rows);

std::vector<std::string> session_header();
std::vector<std::string> session_row(const v1::Session& session);

/// CONNECTED for LINE_STATUS_CONNECTED.
std::string short_name(v1::LineStatus status);
std::string time_text(const google::protobuf::Timestamp& time);  ///< UTC; empty for 0.

/// Protobuf's JSON mapping on one line.
std::string json_text(const google::protobuf::Message& message);

/// To standard error. The exit code: 3 for an outcome that is pending, else 1.
int complain(const CallError& error);

}  // namespace linekeeper::lkctl
