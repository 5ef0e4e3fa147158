#include "linekeeper/auth/keys.hpp"

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/murmur2.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::auth {
namespace {

/// "lk:{b007}:": the part in braces decides the cluster slot.
std::string prefix(std::uint8_t bucket) {
  std::string number = std::to_string(bucket);
  number.insert(0, 3 - number.size(), '0');
  return "lk:{b" + number + "}:";
}

std::string of(std::string_view session, std::string_view kind) {
  return prefix(bucket_of(session)).append(kind).append(":").append(session);
}

}  // namespace

std::uint8_t bucket_of(std::string_view session) noexcept {
  return static_cast<std::uint8_t>(murmur2(session) % kBuckets);
}

namespace key {

std::string sessions(std::uint8_t bucket) {
  return prefix(bucket) + "sessions";
}
std::string lease(std::string_view session) {
  return of(session, "lease");
}
std::string wanted(std::string_view session) {
  return of(session, "wanted");
}
std::string line(std::string_view session) {
  return of(session, "line");
}
std::string archive(std::string_view session) {
  return of(session, "archive");
}
std::string open(std::string_view session) {
  return of(session, "open");
}
std::string pending(std::string_view session) {
  return of(session, "pending");
}
std::string tagged_command(std::string_view session, std::string_view tag) {
  // The tag stands before the session, which may hold any character.
  return of(session, "command:" + std::string(tag));
}
std::string command(std::string_view session, std::string_view command_id) {
  return tagged_command(session, command_tag(command_id));
}
std::string commands(std::string_view session) {
  return of(session, "commands");
}
std::string inbound(std::string_view session, std::int64_t week) {
  return of(session, "inbound:" + std::to_string(week));
}
std::string number(std::string_view keyed_hash) {
  return "lk:{n" + std::string(keyed_hash) + "}:number";
}
std::string store() {
  return "lk:store";
}
std::string worker(std::string_view worker_id) {
  return "lk:worker:" + std::string(worker_id);
}

}  // namespace key

std::string command_tag(std::string_view command_id) {
  return to_hex(ByteView(crypto::sha256(as_bytes(command_id))).first(16));
}

}  // namespace linekeeper::auth
