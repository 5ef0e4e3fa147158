#include "linekeeper/redis/reply_parser.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using linekeeper::redis::ReplyParser;
  ReplyParser parser(ReplyParser::Limits{.reply_bytes = 4096, .array_elements = 64});
  const linekeeper::ByteView bytes(data, size);
  const std::size_t half = size / 2;
  for (const linekeeper::ByteView part : {bytes.first(half), bytes.subspan(half)}) {
    parser.push(part);
    for (;;) {
      const auto reply = parser.next();
      if (!reply) return 0;
      if (!*reply) break;
    }
  }
  return 0;
}
