#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <utility>

namespace linekeeper {

using boost::system::error_code;

/// A value or the reason there is none. Outcomes that depend on input are results; a broken invariant throws.
template <typename T>
using Result = boost::system::result<T, error_code>;

/// The value of a successful `Result<void>`.
inline Result<void> ok() {
  return {};
}

/// An error as a `Result<T>`: needed where `T` is bool, because an error_code would convert to either.
template <typename T>
Result<T> failure(error_code why) {
  return Result<T>(boost::system::in_place_error, why);
}

}  // namespace linekeeper

#define LK_CONCAT_(a, b) a##b
#define LK_CONCAT(a, b) LK_CONCAT_(a, b)

/// `LK_TRY(declaration, expression)`: returns the error, or initialises the declaration with the value.
#define LK_TRY(declaration, ...)                                                        \
  auto LK_CONCAT(lk_result_, __LINE__) = __VA_ARGS__;                                   \
  if (!LK_CONCAT(lk_result_, __LINE__)) return LK_CONCAT(lk_result_, __LINE__).error(); \
  declaration = std::move(*LK_CONCAT(lk_result_, __LINE__))

/// `LK_CHECK(expression)`: returns the error of a `Result<void>`.
#define LK_CHECK(...) \
  if (auto lk_result = __VA_ARGS__; !lk_result) return lk_result.error()

/// The same inside a coroutine. A statement of its own: `co_await` never stands inside a larger expression,
/// because g++ 12 miscompiles some of those.
#define LK_CO_TRY(declaration, ...)                                                        \
  auto LK_CONCAT(lk_result_, __LINE__) = __VA_ARGS__;                                      \
  if (!LK_CONCAT(lk_result_, __LINE__)) co_return LK_CONCAT(lk_result_, __LINE__).error(); \
  declaration = std::move(*LK_CONCAT(lk_result_, __LINE__))

#define LK_CO_CHECK(...)                              \
  auto LK_CONCAT(lk_result_, __LINE__) = __VA_ARGS__; \
  if (!LK_CONCAT(lk_result_, __LINE__)) co_return LK_CONCAT(lk_result_, __LINE__).error()
