#pragma once

#include "linekeeper/signal/fields.hpp"

namespace linekeeper::transport {

// A line's state is a set of named fields with opaque values, all secret: the host seals them and never logs them, nor
// their names, which hold phone numbers and hidden ids. `state_fields.hpp` and `linekeeper/signal/fields.hpp` list
// them.

/// One field: its new value, or nothing to erase it.
using Change = signal::Change;
/// Applied all or none. No field occurs twice.
using Changes = signal::Changes;
/// What `LineHost::fetch` found: only fields that exist.
using Fetched = signal::Fetched;

}  // namespace linekeeper::transport
