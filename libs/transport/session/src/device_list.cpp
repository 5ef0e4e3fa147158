#include "device_list.hpp"

#include <algorithm>

#include "linekeeper/message/phash.hpp"
#include "linekeeper/pairing/adv.hpp"
#include "record.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint8_t kVersion = 1;
/// An account has a handful of devices; more is an attack on our memory.
constexpr std::size_t kMaxDevices = 100;

/// The signed list is trusted as the server's word, like the rest of its answer; a wrong one costs a device, not a
/// secret.
std::optional<AdvKeyIndexList> read_key_indexes(const Node* signed_list) {
  if (signed_list == nullptr || signed_list->bytes().empty()) return std::nullopt;
  const auto outer = parse_signed_key_index_list(signed_list->bytes());
  if (!outer) return std::nullopt;
  auto inner = parse_key_index_list(outer->details);
  if (!inner) return std::nullopt;
  return std::move(*inner);
}

void insert(DeviceList& list, Device device) {
  const auto at = std::lower_bound(list.devices.begin(), list.devices.end(), device.id,
                                   [](const Device& d, std::uint16_t id) { return d.id < id; });
  if (at != list.devices.end() && at->id == device.id) {
    *at = device;
  } else if (list.devices.size() < kMaxDevices) {
    list.devices.insert(at, device);
  }
}

std::optional<Device> device_of(std::uint64_t id, std::optional<std::uint64_t> key_index) {
  if (id > 255) return std::nullopt;
  if (id != 0 && (!key_index || *key_index == 0 || *key_index > UINT32_MAX)) return std::nullopt;
  return Device{static_cast<std::uint16_t>(id), static_cast<std::uint32_t>(key_index.value_or(0))};
}

/// `<device jid key-index/>` of notifications.
std::optional<Device> noticed_device(const Node& node) {
  const auto jid = node.jid("jid");
  if (node.tag != "device" || !jid || !jid->is_user() || jid->is_hosted()) return std::nullopt;
  return device_of(jid->device, node.number("key-index"));
}

void filter(DeviceList& list, const std::optional<AdvKeyIndexList>& indexes) {
  if (!indexes) return;
  std::erase_if(list.devices, [&](const Device& d) { return !indexes->keeps(d.id, d.key_index); });
}

}  // namespace

bool DeviceList::has(std::uint16_t id) const noexcept {
  return std::any_of(devices.begin(), devices.end(), [id](const Device& d) { return d.id == id; });
}

Bytes DeviceList::write() const {
  RecordWriter out(kVersion);
  out.number(static_cast<std::uint64_t>(asked_at)).number(devices.size());
  for (const Device& d : devices)
    out.number(d.id).number(d.key_index);
  return out.take();
}

Result<DeviceList> DeviceList::read(ByteView value) {
  RecordReader in(value);
  DeviceList list;
  list.asked_at = static_cast<std::int64_t>(in.number());
  const std::size_t n = in.count(2);
  for (std::size_t i = 0; i < n && !in.failed(); ++i) {
    Device d;
    d.id = static_cast<std::uint16_t>(in.number());
    d.key_index = static_cast<std::uint32_t>(in.number());
    insert(list, d);
  }
  LK_CHECK(in.done(kVersion));
  return list;
}

std::optional<DeviceList> read_device_list(const Node& devices, std::int64_t now) {
  const Node* entries = devices.child("device-list");
  if (entries == nullptr || devices.child("error") != nullptr) return std::nullopt;
  DeviceList list;
  list.asked_at = now;
  for (const Node& node : entries->children()) {
    const auto id = node.number("id");
    if (node.tag != "device" || !id || node.attr_is("is_hosted", "true")) continue;
    // Device 99 belongs to hosted servers, whatever the attribute says.
    if (*id == 99) continue;
    if (const auto device = device_of(*id, node.number("key-index"))) insert(list, *device);
  }
  filter(list, read_key_indexes(devices.child("key-index-list")));
  if (list.devices.empty()) return std::nullopt;
  return list;
}

std::optional<DeviceList> read_own_devices(const Node& devices, std::int64_t now) {
  DeviceList list;
  list.asked_at = now;
  for (const Node& node : devices.children()) {
    if (const auto device = noticed_device(node)) insert(list, *device);
  }
  filter(list, read_key_indexes(devices.child("key-index-list")));
  if (!list.has(0)) return std::nullopt;
  return list;
}

std::optional<DeviceList> apply_device_notice(const Node& notification, const std::optional<DeviceList>& known,
                                              const Jid& user, std::int64_t now, std::vector<std::uint16_t>& removed) {
  if (const Node* remove = notification.child("remove")) {
    for (const Node& node : remove->children()) {
      const auto jid = node.jid("jid");
      if (node.tag == "device" && jid && jid->is_user() && jid->device != 0) removed.push_back(jid->device);
    }
  }
  if (!known || notification.child("update") != nullptr) return std::nullopt;

  DeviceList list = *known;
  list.asked_at = now;
  std::optional<std::string> expected;
  const auto take_hash = [&](const Node& operation) {
    expected = operation.attr(user.is_lid() ? "device_lid_hash" : "device_hash");
    if (!expected && user.is_lid()) expected = operation.attr("device_hash");
  };
  if (const Node* remove = notification.child("remove")) {
    std::erase_if(list.devices,
                  [&](const Device& d) { return std::find(removed.begin(), removed.end(), d.id) != removed.end(); });
    filter(list, read_key_indexes(remove->child("key-index-list")));
    take_hash(*remove);
  }
  if (const Node* add = notification.child("add")) {
    for (const Node& node : add->children()) {
      if (const auto device = noticed_device(node)) insert(list, *device);
    }
    filter(list, read_key_indexes(add->child("key-index-list")));
    take_hash(*add);
  }
  // Without a hash, or with another one, nobody knows whether our list was complete before.
  if (!expected || device_hash(user, list) != *expected) return std::nullopt;
  return list;
}

std::string device_hash(const Jid& user, const DeviceList& list) {
  std::vector<Jid> devices;
  devices.reserve(list.devices.size());
  for (const Device& d : list.devices)
    devices.push_back(user.with_device(d.id));
  return participant_hash(std::move(devices));
}

}  // namespace linekeeper::transport
