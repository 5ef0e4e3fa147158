#include "intake/copies.hpp"

#include "linekeeper/base/errc.hpp"

namespace linekeeper::worker {

void Copies::write(kafka::OutgoingRecord record, kafka::Ticket origin) {
  wait(++places_, {std::make_shared<const kafka::OutgoingRecord>(std::move(record)), origin});
  write_waiting();
}

void Copies::write_waiting() {
  for (;;) {
    std::pair<std::uint64_t, Copy> next;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) return;
      next = *waiting_.begin();
      waiting_.erase(waiting_.begin());
    }
    const auto& [place, copy] = next;
    const Result<void> accepted = send_(*copy.record, [this, next](const kafka::Delivery& delivery) {
      if (!delivery.error) {
        finish_(next.second.origin);
      } else if (delivery.error == Errc::kafka_refused) {
        give_up(next.second, delivery.reason);
      } else {
        wait(next.first, next.second);
      }
    });
    if (accepted) continue;
    if (accepted.error() == Errc::kafka_refused) {
      give_up(copy, accepted.error().message());
      continue;
    }
    wait(place, copy);
    return;
  }
}

std::size_t Copies::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void Copies::wait(std::uint64_t place, Copy copy) {
  const std::lock_guard lock(mutex_);
  waiting_.emplace(place, std::move(copy));
}

/// It cannot be kept anywhere else either: the origin is finished all the same, or it would come for ever.
void Copies::give_up(const Copy& copy, const std::string& reason) {
  refused_(reason);
  finish_(copy.origin);
}

}  // namespace linekeeper::worker
