#pragma once

#include <string>

namespace linekeeper::lifecycle {

/// docs/lifecycle.md as the machine itself has it: every status that a line can be in is put before every command,
/// signal and step of a connection, and what it answers is written down.
std::string lifecycle_page();

}  // namespace linekeeper::lifecycle
