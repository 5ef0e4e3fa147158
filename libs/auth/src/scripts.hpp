#pragma once

#include "linekeeper/redis/script.hpp"

namespace linekeeper::auth::scripts {

// The texts are the files under scripts/.
const redis::Script& acquire();
const redis::Script& renew();
const redis::Script& release();
const redis::Script& seek();
const redis::Script& presence();
/// Refused by a full server before anything is written.
const redis::Script& commit();
/// The same for commits that must work in a full server, too.
const redis::Script& commit_when_full();
const redis::Script& store();
const redis::Script& store_reseal();
const redis::Script& claim();
const redis::Script& unclaim();
const redis::Script& rights();

}  // namespace linekeeper::auth::scripts
