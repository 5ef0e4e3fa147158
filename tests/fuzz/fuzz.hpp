#pragma once

#include <cstdio>
#include <cstdlib>

#include "linekeeper/base/bytes.hpp"

namespace linekeeper::fuzz {

/// What must hold for every input; a breach is a finding like a crash.
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// Takes the first byte as a choice among `options`; 0 if there is no byte.
inline unsigned choose(ByteView& input, unsigned options) {
  if (input.empty()) return 0;
  const unsigned chosen = input.front() % options;
  input = input.subspan(1);
  return chosen;
}

}  // namespace linekeeper::fuzz
