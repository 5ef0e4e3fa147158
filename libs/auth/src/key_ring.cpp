#include "linekeeper/auth/key_ring.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace linekeeper::auth {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

bool valid_id(std::string_view id) {
  return !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && std::strchr(" \t\r", line.back()))
    line.remove_suffix(1);
  while (!line.empty() && std::strchr(" \t", line.front()))
    line.remove_prefix(1);
  return line;
}

}  // namespace

KeyRing::KeyRing(std::vector<Key> keys) : keys_(std::move(keys)) {
  if (keys_.empty()) throw std::invalid_argument("a key ring without keys");
}

std::variant<KeyRing, KeyRing::Refusal> KeyRing::parse(std::string_view text) {
  std::vector<Key> keys;
  std::size_t number = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trimmed(text.substr(at, end - at));
    at = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::string where = "line " + std::to_string(number) + " of the key ring ";
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !valid_id(line.substr(0, colon)))
      return Refusal{where + "is not `id:base64` with an id of letters, digits, '.', '_' or '-' (at most 32)"};
    const std::string id(line.substr(0, colon));
    SecretBytes decoded(from_base64(line.substr(colon + 1)).value_or(Bytes()));
    const auto key = exactly<32>(decoded.reveal());
    if (!key) return Refusal{where + "has no key of 32 bytes in base64 after its id"};
    if (std::any_of(keys.begin(), keys.end(), [&](const Key& other) { return other.id == id; }))
      return Refusal{where + std::string("repeats the id ").append(id)};
    keys.push_back({id, SecretKey32(*key)});
  }
  if (keys.empty()) return Refusal{"the key ring holds no key"};
  return KeyRing(std::move(keys));
}

std::variant<KeyRing, KeyRing::Refusal> KeyRing::load(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Refusal{"the key ring " + path + " cannot be opened: " + std::strerror(errno)};
  // Rights are those of the very file that is read, wherever links led.
  struct stat status{};
  const bool known = ::fstat(fd, &status) == 0;
  std::string problem;
  if (!known || !S_ISREG(status.st_mode))
    problem = "is not a file";
  else if (status.st_mode & (S_IROTH | S_IWOTH))
    problem = "can be read or written by everybody: chmod 600 it";
  else if (static_cast<std::size_t>(status.st_size) > kMostBytes)
    problem = "is larger than 64 KiB";
  if (!problem.empty()) {
    ::close(fd);
    return Refusal{"the key ring " + path + " " + problem};
  }
  Secret<std::string> text(std::string(kMostBytes, '\0'));
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < kMostBytes && (got = ::read(fd, text.reveal().data() + size, kMostBytes - size)) > 0)
    size += static_cast<std::size_t>(got);
  ::close(fd);
  if (got < 0) return Refusal{"the key ring " + path + " cannot be read"};
  return parse(std::string_view(text.reveal()).substr(0, size));
}

std::string KeyRing::suggestion(const std::string& path) {
  return "(umask 077; echo \"k1:$(openssl rand -base64 32)\" > '" + path + "')";
}

const KeyRing::Key* KeyRing::find(std::string_view id) const noexcept {
  const auto it = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; });
  return it == keys_.end() ? nullptr : &*it;
}

}  // namespace linekeeper::auth
