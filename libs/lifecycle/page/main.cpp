#include <cstdio>

#include "lifecycle_page.hpp"

/// lifecycle-page > docs/lifecycle.md
int main() {
  const std::string page = linekeeper::lifecycle::lifecycle_page();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
