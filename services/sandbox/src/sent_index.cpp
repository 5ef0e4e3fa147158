#include "sent_index.hpp"

namespace linekeeper::sandbox {

bool SentIndex::note(const std::string& id, Sender sender) {
  const auto [at, is_new] = senders_.try_emplace(id, sender);
  if (!is_new) {
    const bool same = at->second.account == sender.account && at->second.device == sender.device;
    at->second = sender;
    return same;
  }
  order_.push_back(id);
  if (order_.size() > limit_) {
    senders_.erase(order_.front());
    order_.pop_front();
  }
  return false;
}

SentIndex::Sender SentIndex::find(const std::string& id) const {
  const auto at = senders_.find(id);
  return at == senders_.end() ? Sender{} : at->second;
}

}  // namespace linekeeper::sandbox
