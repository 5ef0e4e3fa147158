#include "linekeeper/kafka/connection.hpp"

#include <gmock/gmock.h>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::kafka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

TEST(ConnectionTest, TakesAnyPropertyOfTheLibrary) {
  Connection connection;
  ASSERT_FALSE(add_properties(connection, {"session.timeout.ms=6000", "sasl.password=a=b"}));
  EXPECT_THAT(connection.properties, ElementsAre(Pair("session.timeout.ms", "6000"), Pair("sasl.password", "a=b")));
  EXPECT_FALSE(check(connection));
}

TEST(ConnectionTest, RefusesPropertiesThatGuaranteesRestOn) {
  for (const auto* entry : {"enable.auto.commit=true", "auto.commit.interval.ms=60000", "acks=1", "partitioner=random",
                            "group.id=x", "auto.offset.reset=latest"}) {
    Connection connection;
    const auto problem = add_properties(connection, {entry});
    ASSERT_TRUE(problem) << entry;
    EXPECT_EQ(problem->code, Errc::invalid_argument);
  }
}

TEST(ConnectionTest, NamesAnEntryThatIsNoProperty) {
  Connection connection;
  EXPECT_TRUE(add_properties(connection, {"session.timeout.ms"}));
  EXPECT_TRUE(add_properties(connection, {"=5"}));
}

TEST(ConnectionTest, NamesAPropertyThatDoesNotExistOrIsRefusedButNeverItsValue) {
  Connection unknown;
  ASSERT_FALSE(add_properties(unknown, {"no.such.property=hunter2"}));
  EXPECT_THAT(check(unknown)->what, testing::AllOf(HasSubstr("no.such.property"), Not(HasSubstr("hunter2"))));
  Connection refused;
  ASSERT_FALSE(add_properties(refused, {"session.timeout.ms=hunter2"}));
  EXPECT_THAT(check(refused)->what, testing::AllOf(HasSubstr("session.timeout.ms"), Not(HasSubstr("hunter2"))));
}

TEST(ConnectionTest, WarnsOfScramWithALibraryThatCannotDoIt) {
  Connection connection;
  EXPECT_FALSE(library_warning(connection, 0x020002ff));
  ASSERT_FALSE(add_properties(connection, {"sasl.mechanism=SCRAM-SHA-256"}));
  EXPECT_THAT(*library_warning(connection, 0x020002ff), HasSubstr("librdkafka 2.0.2"));
  EXPECT_FALSE(library_warning(connection, 0x020601ff));
  connection.properties[0].second = "PLAIN";
  EXPECT_FALSE(library_warning(connection, 0x020002ff));
}

}  // namespace
}  // namespace linekeeper::kafka
