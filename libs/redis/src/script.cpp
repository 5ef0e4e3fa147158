#include "linekeeper/redis/script.hpp"

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::redis {

Script::Script(std::string text) : text_(std::move(text)), sha1_(to_hex(crypto::sha1(as_bytes(text_)))) {}

}  // namespace linekeeper::redis
