#include <gtest/gtest.h>

#include <type_traits>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Errc::invalid_argument;
  return value / 2;
}

Result<int> quarter(int value) {
  LK_TRY(const int once, half(value));
  return half(once);
}

TEST(ResultTest, TryPassesTheErrorOnAndTheValueThrough) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error(), Errc::invalid_argument);
  EXPECT_EQ(quarter(7).error(), Errc::invalid_argument);
}

TEST(ResultTest, EveryErrorHasAText) {
  for (int value = 1; value <= static_cast<int>(Errc::invalid_argument); ++value)
    EXPECT_NE(make_error_code(static_cast<Errc>(value)).message(), "unknown error") << value;
}

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };

TEST(SecretTest, CannotBePrintedAndComparesByValue) {
  static_assert(!Printable<Secret<std::string>>);
  EXPECT_EQ(Secret<std::string>("a"), Secret<std::string>("a"));
  EXPECT_FALSE(Secret<std::string>("a") == Secret<std::string>("b"));
}

}  // namespace
}  // namespace linekeeper
