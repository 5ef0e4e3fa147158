#include "device_cache.hpp"

#include <algorithm>

#include "linekeeper/message/participant_hash.hpp"
#include "record.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint8_t kVersion = 1;
/// An account has a handful of devices; more is an attack on our memory.
constexpr std::size_t kMaxDevices = 100;
/// Belongs to hosted servers, whatever else is said about it.
constexpr std::uint16_t kHostedDevice = 99;

void tidy(std::vector<std::uint16_t>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.size() > kMaxDevices) ids.resize(kMaxDevices);
}

std::vector<std::uint16_t> listed(const Node& operation) {
  std::vector<std::uint16_t> ids;
  for (const Node& node : operation.children()) {
    const auto jid = node.jid("jid");
    if (node.tag != "device" || !jid || !jid->is_user() || jid->is_hosted() || jid->device == kHostedDevice) continue;
    ids.push_back(jid->device);
  }
  tidy(ids);
  return ids;
}

}  // namespace

std::vector<Jid> CachedDevices::of(const Jid& user) const {
  std::vector<Jid> out;
  out.reserve(ids.size());
  for (const auto id : ids)
    out.push_back(user.with_device(id));
  return out;
}

Bytes CachedDevices::write() const {
  RecordWriter out(kVersion);
  out.number(static_cast<std::uint64_t>(asked_at)).number(ids.size());
  for (const auto id : ids)
    out.number(id);
  return out.take();
}

Result<CachedDevices> CachedDevices::read(ByteView value) {
  RecordReader in(value);
  CachedDevices list;
  list.asked_at = static_cast<std::int64_t>(in.number());
  const std::size_t n = in.count(1);
  for (std::size_t i = 0; i < n && !in.failed(); ++i)
    list.ids.push_back(static_cast<std::uint16_t>(in.number()));
  LK_CHECK(in.done(kVersion));
  tidy(list.ids);
  return list;
}

CachedDevices CachedDevices::from(const std::vector<Jid>& devices, std::int64_t now) {
  CachedDevices list;
  list.asked_at = now;
  for (const Jid& device : devices) {
    if (!device.is_hosted() && device.device != kHostedDevice) list.ids.push_back(device.device);
  }
  tidy(list.ids);
  return list;
}

std::optional<DeviceNotice> read_device_notice(const Node& notification) {
  DeviceNotice notice;
  const Node* operation = notification.child("remove");
  if (operation != nullptr) {
    notice.kind = DeviceNotice::Kind::remove;
  } else if (operation = notification.child("add"); operation != nullptr) {
    notice.kind = DeviceNotice::Kind::add;
  } else {
    return notification.child("update") != nullptr ? std::optional(notice) : std::nullopt;
  }
  notice.ids = listed(*operation);
  const auto from = notification.jid("from");
  std::optional<std::string> hash;
  if (from && from->is_lid()) hash = operation->attr("device_lid_hash");
  if (!hash) hash = operation->attr("device_hash");
  notice.hash = hash.value_or("");
  return notice;
}

std::optional<CachedDevices> apply(const DeviceNotice& notice, const std::optional<CachedDevices>& known,
                                   const Jid& user, std::int64_t now) {
  if (!known || notice.kind == DeviceNotice::Kind::update || notice.hash.empty()) return std::nullopt;
  CachedDevices list = *known;
  list.asked_at = now;
  if (notice.kind == DeviceNotice::Kind::remove) {
    std::erase_if(list.ids, [&](std::uint16_t id) {
      return std::find(notice.ids.begin(), notice.ids.end(), id) != notice.ids.end();
    });
  } else {
    list.ids.insert(list.ids.end(), notice.ids.begin(), notice.ids.end());
    tidy(list.ids);
  }
  const auto devices = list.of(user.account());
  if (list.ids.empty() || message::participant_hash(devices) != notice.hash) return std::nullopt;
  return list;
}

std::optional<CachedDevices> read_own_devices(const Node& notification, std::int64_t now) {
  const Node* devices = notification.child("devices");
  if (devices == nullptr) return std::nullopt;
  CachedDevices list;
  list.asked_at = now;
  list.ids = listed(*devices);
  if (list.ids.empty() || list.ids.front() != 0) return std::nullopt;
  return list;
}

}  // namespace linekeeper::transport
