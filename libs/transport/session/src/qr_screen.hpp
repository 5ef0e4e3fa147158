#pragma once

#include <optional>
#include <string>
#include <vector>

#include "clock.hpp"
#include "linekeeper/pairing/qr.hpp"

namespace linekeeper::transport {

/// Which ref is on show at what time. Knows refs and times only: the picture is made when it is shown, because the
/// secret in it may have changed.
class QrScreen {
 public:
  struct Shown {
    std::string ref;
    Time until;
    unsigned index;  ///< From 1.
    unsigned remaining;
  };
  enum class Step { wait, show, expired };

  QrScreen(QrRotation::Ms first, QrRotation::Ms next) noexcept : first_(first), next_(next) {}

  /// New refs replace the old ones and start over.
  void start(std::vector<std::string> refs, Time now);
  /// Call at or after `due()`.
  Step at(Time now);
  /// What is on show, or nothing before `start`, after `stop` and when used up. When the secret changes, the same ref
  /// is shown again with its old deadline.
  std::optional<Shown> shown() const;
  /// Paired, or given up: nothing is shown any more and nothing comes due.
  void stop() noexcept { rotation_.reset(); }

  Time due() const noexcept { return rotation_ ? until_ : kNever; }
  bool running() const noexcept { return rotation_.has_value(); }

 private:
  QrRotation::Ms first_;
  QrRotation::Ms next_;
  std::optional<QrRotation> rotation_;
  Time until_{};
};

}  // namespace linekeeper::transport
