#include "service/session_names.hpp"

#include "linekeeper/base/errc.hpp"

namespace linekeeper::control {

bool SessionNames::fresh() const {
  return names_ && heard_ == board_.size() && std::chrono::steady_clock::now() - taken_ < kFresh;
}

awaitable<Result<SessionNames::List>> SessionNames::all() {
  if (fresh()) co_return names_;
  const auto turn = co_await asking_.acquire();
  if (!turn) co_return Errc::store_unavailable;
  if (fresh()) co_return names_;
  // What is heard while the store answers may be missing from its answer: it was not heard then.
  const std::size_t heard = board_.size();
  const auto asked = std::chrono::steady_clock::now();
  auto names = co_await lines_.sessions();
  if (!names) co_return names.error();
  names_ = std::make_shared<const std::vector<std::string>>(std::move(*names));
  taken_ = asked;
  heard_ = heard;
  co_return names_;
}

}  // namespace linekeeper::control
