#include "request_table.hpp"

#include <algorithm>
#include <utility>

namespace linekeeper::transport {

std::shared_ptr<Answer> RequestTable::add(std::string id, Time deadline) {
  if (closed_ || waiting_.size() >= bound_) return nullptr;
  const auto [it, fresh] = waiting_.try_emplace(std::move(id), Waiting{std::make_shared<Answer>(), deadline});
  return fresh ? it->second.answer : nullptr;
}

bool RequestTable::answer(std::string_view id, Node node) {
  const auto it = waiting_.find(id);
  if (it == waiting_.end()) return false;
  const auto answer = std::move(it->second.answer);
  waiting_.erase(it);
  answer->set(std::move(node));
  return true;
}

void RequestTable::forget(std::string_view id) {
  if (const auto it = waiting_.find(id); it != waiting_.end()) waiting_.erase(it);
}

void RequestTable::at(Time now) {
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    if (it->second.deadline > now) {
      ++it;
      continue;
    }
    const auto answer = std::move(it->second.answer);
    it = waiting_.erase(it);
    answer->set(make_error_code(Errc::timed_out));
  }
}

void RequestTable::close(Errc why) {
  closed_ = true;
  for (auto& [id, waiting] : std::exchange(waiting_, {}))
    waiting.answer->set(make_error_code(why));
}

Time RequestTable::due() const noexcept {
  Time due = kNever;
  for (const auto& [id, waiting] : waiting_)
    due = std::min(due, waiting.deadline);
  return due;
}

RequestIds::RequestIds(std::uint64_t random)
    : prefix_(std::to_string(random & 0xffffU) + '.' + std::to_string((random >> 16U) & 0xffffU) + '-') {}

std::string RequestIds::next() {
  return prefix_ + std::to_string(++count_);
}

int iq_error_code(const Node& iq) noexcept {
  const Node* error = iq.child("error");
  if (error == nullptr) return 0;
  const auto code = error->number("code");
  return code && *code < 10'000 ? static_cast<int>(*code) : 0;
}

bool is_result(const Node& iq) {
  return iq.attr_is("type", "result");
}

}  // namespace linekeeper::transport
