#include "retry_copies.hpp"

#include <algorithm>

#include "record.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::uint8_t kVersion = 1;

/// FNV-1a: must give the same block in every process and version.
std::size_t block_of(std::string_view id) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : id)
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  return static_cast<std::size_t>((hash ^ (hash >> 32U)) % RetryBlock::kBlocks);
}

}  // namespace

std::string RetryBlock::field(std::size_t block) {
  return "retry/" + std::to_string(block);
}

std::string RetryBlock::field(std::string_view message_id) {
  return field(block_of(message_id));
}

Result<RetryBlock> RetryBlock::read(ByteView value) {
  RecordReader in(value);
  RetryBlock block;
  const std::size_t n = in.count(6);
  for (std::size_t i = 0; i < n && !in.failed(); ++i) {
    RetryCopy copy;
    copy.id = in.text();
    const auto chat = Jid::parse(in.text());
    copy.sent_at = static_cast<std::int64_t>(in.number());
    copy.message = SecretBytes(to_bytes(in.bytes()));
    copy.type = in.text();
    const std::size_t devices = in.count(2);
    for (std::size_t d = 0; d < devices && !in.failed(); ++d) {
      const auto jid = Jid::parse(in.text());
      const auto resends = static_cast<std::uint8_t>(in.number());
      if (!jid) return make_error_code(Errc::malformed_value);
      copy.waiting.push_back({*jid, resends});
    }
    if (!chat) return make_error_code(Errc::malformed_value);
    copy.chat = *chat;
    block.copies_.push_back(std::move(copy));
  }
  LK_CHECK(in.done(kVersion));
  return block;
}

std::optional<Bytes> RetryBlock::write() const {
  if (copies_.empty()) return std::nullopt;
  RecordWriter out(kVersion);
  out.number(copies_.size());
  for (const RetryCopy& copy : copies_) {
    out.text(copy.id).text(copy.chat.str()).number(static_cast<std::uint64_t>(copy.sent_at));
    out.bytes(copy.message.reveal()).text(copy.type).number(copy.waiting.size());
    for (const auto& device : copy.waiting)
      out.text(device.jid.str()).number(device.resends);
  }
  return out.take();
}

void RetryBlock::put(RetryCopy copy) {
  std::erase_if(copies_, [&](const RetryCopy& c) { return c.id == copy.id; });
  std::size_t bytes = copy.message.reveal().size();
  for (const RetryCopy& c : copies_)
    bytes += c.message.reveal().size();
  while (!copies_.empty() && (copies_.size() >= kCopies || bytes > kBytes)) {
    bytes -= copies_.front().message.reveal().size();
    copies_.erase(copies_.begin());
  }
  copies_.push_back(std::move(copy));
}

RetryCopy* RetryBlock::find(std::string_view id) {
  const auto it = std::find_if(copies_.begin(), copies_.end(), [&](const RetryCopy& c) { return c.id == id; });
  return it == copies_.end() ? nullptr : &*it;
}

bool RetryBlock::confirmed(std::string_view id, const Jid& device) {
  RetryCopy* copy = find(id);
  if (copy == nullptr) return false;
  // The receipt may name the device by number or by hidden id: the device number together with the copy decides, if
  // only one waiting device has it.
  const auto exact = std::erase_if(copy->waiting, [&](const RetryCopy::Device& d) { return d.jid == device; });
  if (exact == 0) {
    const auto same_number = [&](const RetryCopy::Device& d) {
      return d.jid.device == device.device && d.jid.server != device.server;
    };
    if (std::count_if(copy->waiting.begin(), copy->waiting.end(), same_number) != 1) return false;
    std::erase_if(copy->waiting, same_number);
  }
  if (copy->waiting.empty()) std::erase_if(copies_, [&](const RetryCopy& c) { return c.id == id; });
  return true;
}

bool RetryBlock::expire(std::int64_t oldest) {
  return std::erase_if(copies_, [oldest](const RetryCopy& c) { return c.sent_at < oldest; }) != 0;
}

}  // namespace linekeeper::transport
