#include "linekeeper/signal/prekey_block.hpp"

#include <algorithm>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/signal/prekey.hpp"

namespace linekeeper::transport::signal {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kHead = 1 + 3 + 4;

}  // namespace

Result<PrekeyBlock> PrekeyBlock::parse(ByteView stored) {
  if (stored.empty()) return Errc::malformed_value;
  if (stored[0] != kVersion) return stored[0] > kVersion ? Errc::unsupported_version : Errc::malformed_value;
  if (stored.size() < kHead) return Errc::malformed_value;
  const auto first = static_cast<std::uint32_t>(get_be(stored.subspan(1, 3)));
  if (first == 0 || (first - 1) % kKeys != 0) return Errc::malformed_value;
  const auto present = static_cast<std::uint32_t>(get_be(stored.subspan(4, 4)));
  ByteView keys = stored.subspan(kHead);
  PrekeyBlock out(number_of(first));
  for (std::size_t i = 0; i < kKeys; ++i) {
    if ((present >> i & 1U) == 0) continue;
    if (keys.size() < 32) return Errc::malformed_value;
    out.keys_[i] = SecretKey32(*exactly<32>(keys.first(32)));
    keys = keys.subspan(32);
  }
  if (!keys.empty()) return Errc::malformed_value;
  return out;
}

Bytes PrekeyBlock::encode() const {
  std::uint32_t present = 0;
  for (std::size_t i = 0; i < kKeys; ++i)
    if (keys_[i]) present |= 1U << i;
  Bytes out;
  out.reserve(kHead + size() * 32);
  out.push_back(kVersion);
  put_be(out, first_id(), 3);
  put_be(out, present, 4);
  for (const auto& key : keys_)
    if (key) append(out, key->reveal());
  return out;
}

std::size_t PrekeyBlock::size() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(keys_.begin(), keys_.end(), [](const auto& key) { return key.has_value(); }));
}

const SecretKey32* PrekeyBlock::find(std::uint32_t id) const noexcept {
  const auto at = slot(id);
  return at && keys_[*at] ? &*keys_[*at] : nullptr;
}

Result<void> PrekeyBlock::put(std::uint32_t id, SecretKey32 priv) {
  const auto at = slot(id);
  if (!at) return Errc::invalid_argument;
  keys_[*at] = std::move(priv);
  return ok();
}

bool PrekeyBlock::erase(std::uint32_t id) noexcept {
  const auto at = slot(id);
  if (!at || !keys_[*at]) return false;
  keys_[*at].reset();
  return true;
}

std::optional<std::size_t> PrekeyBlock::slot(std::uint32_t id) const noexcept {
  if (id == 0 || id > kMaxPrekeyId || number_of(id) != number_) return std::nullopt;
  return (id - 1) % kKeys;
}

}  // namespace linekeeper::transport::signal
