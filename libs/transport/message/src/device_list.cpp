#include "linekeeper/message/device_list.hpp"

#include <algorithm>
#include <limits>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/xeddsa.hpp"
#include "wire/adv.pb.h"

namespace linekeeper::transport::message {
namespace {

bool parse(google::protobuf::MessageLite& out, ByteView bytes) {
  return bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) &&
         out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

Result<ListedDevice> parse_device(const Node& node) {
  const auto id = node.number("id");
  if (node.tag != "device" || !id || *id > std::numeric_limits<std::uint8_t>::max()) return Errc::malformed_message;
  ListedDevice out;
  out.id = static_cast<std::uint8_t>(*id);
  out.hosted = node.attr_is("is_hosted", "true");
  if (node.has("key-index")) {
    const auto index = node.number("key-index");
    if (!index || *index > std::numeric_limits<std::uint32_t>::max()) return Errc::malformed_message;
    out.key_index = static_cast<std::uint32_t>(*index);
  }
  return out;
}

}  // namespace

bool KeyIndexes::allows(std::uint32_t key_index) const noexcept {
  return key_index > current || std::find(valid.begin(), valid.end(), key_index) != valid.end();
}

Result<KeyIndexes> parse_key_indexes(ByteView signed_list) {
  wire::ADVSignedKeyIndexList outer;
  wire::ADVKeyIndexList list;
  if (!parse(outer, signed_list) || !outer.has_details()) return Errc::malformed_message;
  if (!parse(list, as_bytes(outer.details()))) return Errc::malformed_message;
  return KeyIndexes{list.current_index(), {list.valid_indexes().begin(), list.valid_indexes().end()}, list.timestamp()};
}

bool key_indexes_signed_by(ByteView signed_list, const Key32& account_key) {
  wire::ADVSignedKeyIndexList list;
  if (!parse(list, signed_list)) return false;
  Bytes over = {6, 2};
  append(over, as_bytes(list.details()));
  return crypto::xeddsa_verify(account_key, over, as_bytes(list.account_signature()));
}

Result<DeviceList> parse_device_list(const Node& devices) {
  const Node* list = devices.child("device-list");
  if (list == nullptr) return Errc::malformed_message;
  DeviceList out;
  for (const Node& child : list->children()) {
    LK_TRY(out.devices.emplace_back(), parse_device(child));
  }
  if (const Node* indexes = devices.child("key-index-list"); indexes != nullptr && !indexes->bytes().empty()) {
    out.signed_indexes = to_bytes(indexes->bytes());
    LK_TRY(out.indexes, parse_key_indexes(out.signed_indexes));
  }
  return out;
}

std::vector<Jid> reachable_devices(const Jid& user, const DeviceList& list) {
  std::vector<Jid> out;
  for (const ListedDevice& device : list.devices) {
    if (device.hosted) continue;
    if (device.id != 0 && (!device.key_index || (list.indexes && !list.indexes->allows(*device.key_index)))) continue;
    out.push_back(user.with_device(device.id));
  }
  return out;
}

}  // namespace linekeeper::transport::message
