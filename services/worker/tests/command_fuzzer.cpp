// A record of a command topic. First byte: its topic, and whether it claims to be JSON. Whatever is taken is a command
// whose bounds hold; whatever is not has a code.
#include <cstdlib>

#include "command/decode.hpp"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linekeeper;
  using namespace linekeeper::worker;
  if (size == 0) return 0;
  constexpr auth::CommandKind kKinds[] = {auth::CommandKind::pair, auth::CommandKind::reset, auth::CommandKind::line,
                                          auth::CommandKind::send};
  kafka::Record record;
  record.topic = "commands";
  record.timestamp_ms = 1;
  record.payload.assign(data + 1, data + size);
  if ((data[0] & 4) != 0) record.headers.push_back({"content-type", "application/json"});
  if ((data[0] & 8) != 0) record.headers.push_back({std::string(kOriginHeader), std::string(data + 1, data + size)});
  DecodeRules rules;
  if ((data[0] & 16) != 0) rules.default_country = "49";

  const auto decoded = decode(record, kKinds[data[0] & 3], rules);
  if (const auto* rejection = std::get_if<Rejection>(&decoded)) {
    must(rejection->code != v1::ERROR_CODE_UNSPECIFIED);
    must(rejection->session_id.size() <= 128);
    return 0;
  }
  const Command& command = std::get<Command>(decoded);
  must(!command.session_id.empty() && command.session_id.size() <= 128);
  must(!command.head.command_id.empty() && command.head.command_id.size() <= 128);
  if (const auto* send = std::get_if<v1::SendCommand>(&command.body)) {
    must(!send->text().empty() && send->text().size() <= rules.most_text);
  }
  return 0;
}
