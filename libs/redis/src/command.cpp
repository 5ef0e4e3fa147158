#include "linekeeper/redis/command.hpp"

#include <hiredis/hiredis.h>

#include <new>
#include <stdexcept>

namespace linekeeper::redis {

std::string encode(const Command& command) {
  if (command.empty()) throw std::invalid_argument("an empty Redis command");
  std::vector<const char*> data;
  std::vector<std::size_t> sizes;
  data.reserve(command.size());
  sizes.reserve(command.size());
  for (const std::string& part : command) {
    data.push_back(part.data());
    sizes.push_back(part.size());
  }
  char* formatted = nullptr;
  const int size = redisFormatCommandArgv(&formatted, static_cast<int>(command.size()), data.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  std::string out(formatted, static_cast<std::size_t>(size));
  redisFreeCommand(formatted);
  return out;
}

}  // namespace linekeeper::redis
