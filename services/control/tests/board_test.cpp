#include "board/board.hpp"

#include <gtest/gtest.h>

namespace linekeeper::control {
namespace {

using namespace std::chrono_literals;

const UnixTime kNow{std::chrono::seconds(1'764'000'000)};

v1::ConnectionEvent event(const std::string& session, std::uint64_t token, std::uint64_t sequence,
                          v1::LineStatus status) {
  v1::ConnectionEvent made;
  made.set_session_id(session);
  made.mutable_order()->set_token(token);
  made.mutable_order()->set_sequence(sequence);
  made.set_status(status);
  return made;
}

v1::ConnectionEvent with_qr(v1::ConnectionEvent made, std::chrono::seconds lives) {
  made.mutable_qr()->set_text("2@secret");
  made.mutable_qr()->mutable_expires_at()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>((kNow + lives).time_since_epoch()).count());
  return made;
}

std::vector<std::string> unseen(const Board& board, Board::Cursor& cursor) {
  std::vector<std::string> sessions;
  while (const Board::Entry* entry = board.next(cursor))
    sessions.push_back(entry->event.session_id());
  return sessions;
}

TEST(BoardTest, KeepsTheHighestTokenAndSequenceOfASession) {
  Board board;
  EXPECT_TRUE(board.take({0, 1}, event("shop", 7, 5, v1::LINE_STATUS_CONNECTED)));
  EXPECT_FALSE(board.take({0, 2}, event("shop", 7, 4, v1::LINE_STATUS_CONNECTING)));
  EXPECT_FALSE(board.take({0, 3}, event("shop", 6, 99, v1::LINE_STATUS_STOPPED)));
  EXPECT_FALSE(board.take({0, 4}, event("shop", 0, 1, v1::LINE_STATUS_STOPPED)));
  EXPECT_EQ(board.find("shop")->event.status(), v1::LINE_STATUS_CONNECTED);
  EXPECT_TRUE(board.take({0, 5}, event("shop", 8, 1, v1::LINE_STATUS_DISCONNECTED)));
  EXPECT_EQ(board.find("shop")->event.status(), v1::LINE_STATUS_DISCONNECTED);
  EXPECT_EQ(board.find("nobody"), nullptr);
}

TEST(BoardTest, AQrIsGoneAfterItsExpiryAndWithTheStatusThatReplacesIt) {
  Board board;
  board.take({0, 1}, with_qr(event("shop", 1, 1, v1::LINE_STATUS_PAIRING), 20s));
  EXPECT_NE(board.pairing("shop", kNow), nullptr);
  EXPECT_EQ(board.pairing("shop", kNow + 20s), nullptr);
  board.forget_expired(kNow + 19s);
  EXPECT_TRUE(board.find("shop")->event.has_qr());
  board.forget_expired(kNow + 20s);
  EXPECT_FALSE(board.find("shop")->event.has_qr());
  board.take({0, 2}, with_qr(event("shop", 1, 2, v1::LINE_STATUS_PAIRING), 20s));
  board.take({0, 3}, event("shop", 1, 3, v1::LINE_STATUS_CONNECTING));
  EXPECT_FALSE(board.find("shop")->event.has_qr());
  EXPECT_EQ(board.pairing("shop", kNow), nullptr);
}

TEST(BoardTest, ANewerQrSurvivesTheExpiryOfTheOneBefore) {
  Board board;
  board.take({0, 1}, with_qr(event("shop", 1, 1, v1::LINE_STATUS_PAIRING), 20s));
  board.take({0, 2}, with_qr(event("shop", 1, 2, v1::LINE_STATUS_PAIRING), 40s));
  board.forget_expired(kNow + 30s);
  EXPECT_NE(board.pairing("shop", kNow + 30s), nullptr);
}

TEST(BoardTest, TheStatusRepeatedDoesNotHideTheQrThatIsLive) {
  Board board;
  board.take({0, 1}, with_qr(event("shop", 1, 1, v1::LINE_STATUS_PAIRING), 20s));
  auto repeated = event("shop", 1, 2, v1::LINE_STATUS_PAIRING);
  repeated.set_repeated(true);
  board.take({0, 2}, repeated);
  EXPECT_NE(board.pairing("shop", kNow), nullptr);
}

TEST(BoardTest, AReaderSeesEachSessionOnceAndThenWhatChanged) {
  Board board;
  board.take({0, 1}, event("a", 1, 1, v1::LINE_STATUS_CONNECTING));
  board.take({1, 1}, event("b", 1, 1, v1::LINE_STATUS_CONNECTED));
  board.take({0, 2}, event("a", 1, 2, v1::LINE_STATUS_CONNECTED));
  Board::Cursor cursor;
  EXPECT_EQ(unseen(board, cursor), (std::vector<std::string>{"b", "a"}));
  EXPECT_TRUE(unseen(board, cursor).empty());
  board.take({1, 2}, event("b", 1, 2, v1::LINE_STATUS_DISCONNECTED));
  EXPECT_EQ(unseen(board, cursor), std::vector<std::string>{"b"});
}

TEST(BoardTest, AReaderGoesOnAtAnotherReplicaAfterWhatItHasSeen) {
  Board first;
  Board second;
  for (Board* board : {&first, &second}) {
    board->take({0, 10}, event("a", 1, 1, v1::LINE_STATUS_CONNECTED));
    board->take({1, 20}, event("b", 1, 1, v1::LINE_STATUS_CONNECTED));
  }
  Board::Cursor cursor;
  unseen(first, cursor);
  second.take({0, 11}, event("c", 1, 1, v1::LINE_STATUS_CONNECTING));
  second.take({1, 21}, event("b", 1, 2, v1::LINE_STATUS_STOPPED));
  auto resumed = Board::Cursor::parse(cursor.token());
  ASSERT_TRUE(resumed);
  EXPECT_EQ(unseen(second, *resumed), (std::vector<std::string>{"c", "b"}));
}

TEST(BoardTest, RefusesWhatIsNoToken) {
  for (const char* token : {"x", "!!!", "AA", "AgAAAAAAAAAAAAAAAA", "AQAAAAAA"})
    EXPECT_FALSE(Board::Cursor::parse(token)) << token;
  EXPECT_FALSE(Board::Cursor::parse(std::string(100'000, 'A')));
  EXPECT_TRUE(Board::Cursor::parse(""));
}

}  // namespace
}  // namespace linekeeper::control
