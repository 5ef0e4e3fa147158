#include "qr_screen.hpp"

#include <utility>

namespace linekeeper::transport {

void QrScreen::start(std::vector<std::string> refs, Time now) {
  rotation_.emplace(std::move(refs), first_, next_);
  until_ = rotation_->exhausted() ? now : now + rotation_->lifetime();
}

QrScreen::Step QrScreen::at(Time now) {
  if (!rotation_ || now < until_) return Step::wait;
  // A late caller does not shorten the next one: each picture gets its whole time.
  if (!rotation_->exhausted() && rotation_->advance()) {
    until_ = now + rotation_->lifetime();
    return Step::show;
  }
  stop();
  return Step::expired;
}

std::optional<QrScreen::Shown> QrScreen::shown() const {
  if (!rotation_ || rotation_->exhausted()) return std::nullopt;
  return Shown{rotation_->ref(), until_, rotation_->index(), rotation_->remaining()};
}

}  // namespace linekeeper::transport
