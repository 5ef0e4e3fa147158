#pragma once

#include <string>
#include <vector>

#include "field_cache.hpp"

namespace linekeeper::transport {

/// Retry copies and retry requests lie in a fixed number of fields each, chosen by message id: a conversation under way
/// wants one after the other. Once two of a kind are known and another is `unknown`, the rest of the kind is added, so
/// that one fetch answers for all to come.
void add_families(const FieldCache& cache, std::vector<std::string>& unknown);

}  // namespace linekeeper::transport
