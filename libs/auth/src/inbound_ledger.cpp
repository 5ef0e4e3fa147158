#include "linekeeper/auth/inbound_ledger.hpp"

#include <algorithm>

#include "linekeeper/crypto/hash.hpp"
#include "pack.hpp"

namespace linekeeper::auth {

Bytes inbound_digest(std::string_view session, std::string_view chat, std::string_view sender, std::string_view id) {
  const Bytes what = Packer().text("inbound").text(session).text(chat).text(sender).text(id).take();
  return to_bytes(ByteView(crypto::sha256(what)).first(12));
}

InboundLedger::Step InboundLedger::on_held(std::vector<PendingEvent> found) {
  for (PendingEvent& event : found) {
    order_ = std::max(order_, event.order);
    const std::uint64_t order = event.order;
    waiting_.insert_or_assign(order, Waiting{std::move(event), true});
  }
  return release();
}

InboundLedger::Step InboundLedger::on_committed(PendingEvent event, bool fresh) {
  Step step;
  step.acknowledge.push_back(event.id);
  if (!fresh) return step;
  order_ = std::max(order_, event.order);
  const std::uint64_t order = event.order;
  waiting_.insert_or_assign(order, Waiting{std::move(event), false});
  return step;
}

InboundLedger::Step InboundLedger::on_acknowledged(std::string_view id) {
  for (auto& [order, waiting] : waiting_)
    if (waiting.event.id == id) waiting.acknowledged = true;
  return release();
}

InboundLedger::Step InboundLedger::release() {
  Step step;
  // Only from the front: an event never overtakes one that was committed before it.
  while (!waiting_.empty() && waiting_.begin()->second.acknowledged) {
    handed_.emplace(waiting_.begin()->second.event.id, false);
    step.publish.push_back(std::move(waiting_.begin()->second.event));
    waiting_.erase(waiting_.begin());
  }
  return step;
}

void InboundLedger::on_published(std::string_view id) {
  if (const auto it = handed_.find(id); it != handed_.end()) it->second = true;
}

std::vector<std::string> InboundLedger::to_forget() const {
  std::vector<std::string> ids;
  for (const auto& [id, published] : handed_)
    if (published) ids.push_back(id);
  return ids;
}

void InboundLedger::on_forgotten(const std::vector<std::string>& ids) {
  for (const std::string& id : ids)
    handed_.erase(id);
}

std::size_t InboundLedger::unpublished() const noexcept {
  return waiting_.size() + static_cast<std::size_t>(std::count_if(handed_.begin(), handed_.end(),
                                                                  [](const auto& entry) { return !entry.second; }));
}

}  // namespace linekeeper::auth
