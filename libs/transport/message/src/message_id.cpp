#include "linekeeper/message/message_id.hpp"

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/crypto/random.hpp"

namespace linekeeper::transport::message {
namespace {

constexpr std::size_t kRandomPart = 9;

std::string spelled(ByteView bytes) {
  std::string id = "3EB0";
  for (const char c : to_hex(bytes.first(kRandomPart)))
    id.push_back(c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c);
  return id;
}

}  // namespace

std::string derive_message_id(std::string_view session_id, std::string_view command_id,
                              std::chrono::milliseconds origin) {
  // Each text behind its length, so that no two pairs of texts run together into the same bytes.
  Bytes input = to_bytes("linekeeper message id 1");
  put_be(input, session_id.size(), 4);
  append(input, as_bytes(session_id));
  put_be(input, command_id.size(), 4);
  append(input, as_bytes(command_id));
  put_be(input, static_cast<std::uint64_t>(origin.count()), 8);
  return spelled(crypto::sha256(input));
}

std::string random_message_id() {
  return spelled(crypto::random_bytes(kRandomPart));
}

}  // namespace linekeeper::transport::message
