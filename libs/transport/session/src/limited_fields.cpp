#include "linekeeper/session/limited_fields.hpp"

#include "retry_asks.hpp"
#include "retry_copies.hpp"

namespace linekeeper::transport {
namespace {

template <typename Block>
void look_at(const std::string& field, Result<Block> block, std::int64_t oldest, Changes& changes) {
  if (!block) {
    changes.push_back({field, std::nullopt});
  } else if (block->expire(oldest)) {
    changes.push_back({field, block->write()});
  }
}

}  // namespace

std::vector<std::string> limited_fields() {
  std::vector<std::string> fields;
  fields.reserve(RetryBlock::kBlocks + RetryAsks::kBlocks);
  for (std::size_t i = 0; i < RetryBlock::kBlocks; ++i)
    fields.push_back(RetryBlock::field(i));
  for (std::size_t i = 0; i < RetryAsks::kBlocks; ++i)
    fields.push_back(RetryAsks::field(i));
  return fields;
}

Changes outlived(const Fetched& found, std::int64_t oldest) {
  Changes changes;
  for (const auto& [field, value] : found) {
    if (field.starts_with("retry/")) {
      look_at(field, RetryBlock::read(value), oldest, changes);
    } else if (field.starts_with("asks/")) {
      look_at(field, RetryAsks::read(value), oldest, changes);
    }
  }
  return changes;
}

}  // namespace linekeeper::transport
