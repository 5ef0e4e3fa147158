#include "field_families.hpp"

#include <algorithm>

#include "retry_asks.hpp"
#include "retry_copies.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::size_t kUnderWay = 2;

template <typename Family>
void add_family(const FieldCache& cache, std::vector<std::string>& unknown) {
  std::vector<std::string> all;
  all.reserve(Family::kBlocks);
  for (std::size_t i = 0; i < Family::kBlocks; ++i)
    all.push_back(Family::field(i));
  const bool wanted = std::any_of(unknown.begin(), unknown.end(), [&all](const std::string& name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  });
  if (!wanted) return;
  std::vector<std::string> rest;
  (void)cache.known(all, rest);
  if (all.size() - rest.size() < kUnderWay) return;
  for (std::string& name : rest) {
    if (std::find(unknown.begin(), unknown.end(), name) == unknown.end()) unknown.push_back(std::move(name));
  }
}

}  // namespace

void add_families(const FieldCache& cache, std::vector<std::string>& unknown) {
  // A cache that is nearly full would start over, and the next message with it.
  if (cache.size() > FieldCache::kBytes / 2) return;
  add_family<RetryBlock>(cache, unknown);
  add_family<RetryAsks>(cache, unknown);
}

}  // namespace linekeeper::transport
