#pragma once

#include "core.hpp"

namespace linekeeper::sandbox {

/// `<presence>` from a companion: available, unavailable, a name, subscribe, unsubscribe, or nothing at all.
void on_presence(Core& core, Device& from, const Node& presence);

/// `<chatstate>`: to the other side's companions that are available now; the others never learn of it.
void on_chatstate(Core& core, Device& from, const Node& chatstate);

/// Tells those who watch an account how it is now.
void announce_presence(Core& core, const Account& account);

}  // namespace linekeeper::sandbox
