#include "linekeeper/message/participant_hash.hpp"

#include <algorithm>
#include <vector>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/crypto/hash.hpp"

namespace linekeeper::transport::message {

std::string participant_hash(std::span<const Jid> devices) {
  std::vector<std::string> names;
  names.reserve(devices.size());
  for (const Jid& jid : devices) {
    // The long spelling with the agent, always 0 here; device 0 is written out.
    std::string name = jid.user;
    name.append(".0:").append(std::to_string(jid.device)).append("@").append(server_name(jid.server));
    names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  crypto::Sha256 hash;
  for (const std::string& name : names)
    hash.update(as_bytes(name));
  const auto digest = hash.finish();
  return "2:" + to_base64(ByteView(digest).first(6));  // six bytes need no padding
}

}  // namespace linekeeper::transport::message
