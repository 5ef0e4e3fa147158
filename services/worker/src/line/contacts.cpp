#include "line/contacts.hpp"

#include "linekeeper/session/state_fields.hpp"

namespace linekeeper::worker {
namespace {

constexpr std::size_t kRemembered = 1024;

}  // namespace

awaitable<Result<bool>> Contacts::is_new(transport::Jid person) {
  if (known_.contains(person.bare().str())) co_return false;
  auto found = co_await journal_.fetch(transport::contact_fields(person));
  if (!found) co_return failure<bool>(found.error());
  const bool met = !found->empty();
  if (met) add(person);
  co_return !met;
}

void Contacts::add(const transport::Jid& person) {
  if (known_.size() >= kRemembered) known_.clear();
  known_.insert(person.bare().str());
}

}  // namespace linekeeper::worker
