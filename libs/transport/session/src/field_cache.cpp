#include "field_cache.hpp"

#include <algorithm>
#include <array>

namespace linekeeper::transport {
namespace {

constexpr std::array<std::string_view, 8> kKept{"sess/", "ident/", "dev/", "lid/", "pn/", "retry/", "asks/", "tct/"};
/// A value that would push out most others; a retry block full of long texts.
constexpr std::size_t kLargest = 8 << 10;
/// What an entry costs beside its bytes, about.
constexpr std::size_t kEntry = 96;

std::size_t cost(std::string_view field, const std::optional<SecretBytes>& value) {
  return kEntry + field.size() + (value ? value->reveal().size() : 0);
}

}  // namespace

bool FieldCache::keeps(std::string_view field) noexcept {
  return std::any_of(kKept.begin(), kKept.end(),
                     [field](std::string_view prefix) { return field.starts_with(prefix); });
}

Fetched FieldCache::known(const std::vector<std::string>& names, std::vector<std::string>& unknown) const {
  Fetched out;
  for (const std::string& name : names) {
    const auto it = fields_.find(name);
    if (it == fields_.end()) {
      unknown.push_back(name);
    } else if (it->second) {
      out.emplace(name, it->second->reveal());
    }
  }
  return out;
}

void FieldCache::found(const std::vector<std::string>& names, const Fetched& answer, std::uint64_t asked_at) {
  if (writing_ != 0 || asked_at != version_) return;
  for (const std::string& name : names) {
    if (!keeps(name)) continue;
    const auto it = answer.find(name);
    put(name, it == answer.end() ? std::nullopt : std::optional(SecretBytes(it->second)));
  }
}

void FieldCache::written() noexcept {
  ++version_;
  --writing_;
}

void FieldCache::write(const Changes& changes) {
  ++version_;
  ++writing_;
  for (const Change& change : changes) {
    if (!keeps(change.field)) continue;
    put(change.field, change.value ? std::optional(SecretBytes(*change.value)) : std::nullopt);
  }
}

void FieldCache::clear() noexcept {
  fields_.clear();
  bytes_ = 0;
}

void FieldCache::put(const std::string& field, std::optional<SecretBytes> value) {
  if (const auto it = fields_.find(field); it != fields_.end()) {
    bytes_ -= cost(field, it->second);
    fields_.erase(it);
  }
  if (value && value->reveal().size() > kLargest) return;
  const std::size_t size = cost(field, value);
  if (bytes_ + size > kBytes) clear();
  bytes_ += size;
  fields_.emplace(field, std::move(value));
}

}  // namespace linekeeper::transport
