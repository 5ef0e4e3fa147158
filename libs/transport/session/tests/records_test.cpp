#include <gtest/gtest.h>

#include "device_cache.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/message/participant_hash.hpp"
#include "linekeeper/session/limited_fields.hpp"
#include "linekeeper/session/state_fields.hpp"
#include "prekey_range.hpp"
#include "record.hpp"
#include "retry_asks.hpp"
#include "retry_copies.hpp"

namespace linekeeper::transport {
namespace {

Jid jid(std::string_view text) {
  return *Jid::parse(text);
}

RetryCopy copy_of(const std::string& id, std::initializer_list<std::string_view> devices, std::size_t size = 5) {
  RetryCopy copy;
  copy.id = id;
  copy.chat = jid("100@lid");
  copy.sent_at = 1000;
  copy.message = SecretBytes(Bytes(size, 0x61));
  for (const auto device : devices)
    copy.waiting.push_back({jid(device), 0});
  return copy;
}

TEST(RecordTest, ReadsBackWhatItWroteAndRefusesEveryCut) {
  RecordWriter out(1);
  out.number(0).number(127).number(128).number(UINT64_MAX).text("text").bytes(Bytes{0, 1, 2});
  const Bytes value = out.take();
  const auto read = [](ByteView bytes) {
    RecordReader in(bytes);
    const bool same = in.number() == 0 && in.number() == 127 && in.number() == 128 && in.number() == UINT64_MAX &&
                      in.text() == "text" && to_bytes(in.bytes()) == Bytes({0, 1, 2});
    return same && in.done(1);
  };
  EXPECT_TRUE(read(value));
  for (std::size_t cut = 0; cut < value.size(); ++cut)
    EXPECT_FALSE(read(ByteView(value).first(cut))) << cut;
  Bytes more = value;
  more.push_back(0);
  EXPECT_FALSE(read(more));
}

TEST(RecordTest, SaysWhenANewerVersionWroteIt) {
  RecordWriter out(2);
  const Bytes value = out.take();
  EXPECT_EQ(RecordReader(value).done(1).error(), Errc::unsupported_version);
}

TEST(RetryBlockTest, KeepsACopyUntilEveryDeviceHasIt) {
  RetryBlock block;
  block.put(copy_of("A", {"100@lid", "100:3@lid"}));
  auto stored = RetryBlock::read(*block.write());
  ASSERT_TRUE(stored);
  ASSERT_NE(stored->find("A"), nullptr);
  EXPECT_EQ(stored->find("A")->message, SecretBytes(Bytes(5, 0x61)));
  EXPECT_TRUE(stored->confirmed("A", jid("100@lid")));
  EXPECT_FALSE(stored->confirmed("A", jid("100@lid")));
  EXPECT_TRUE(stored->confirmed("A", jid("100:3@lid")));
  EXPECT_FALSE(stored->write());
}

TEST(RetryBlockTest, AReceiptUnderTheNumberConfirmsTheDeviceAddressedByHiddenId) {
  RetryBlock block;
  block.put(copy_of("A", {"100:3@lid"}));
  EXPECT_TRUE(block.confirmed("A", jid("4915:3@s.whatsapp.net")));
  EXPECT_EQ(block.size(), 0U);
}

TEST(RetryBlockTest, ANumberThatFitsTwoDevicesConfirmsNeither) {
  RetryBlock block;
  block.put(copy_of("A", {"100:3@lid", "200:3@lid"}));
  EXPECT_FALSE(block.confirmed("A", jid("4915:3@s.whatsapp.net")));
}

TEST(RetryBlockTest, TheOldestGivesWay) {
  RetryBlock block;
  for (int i = 0; i < 10; ++i)
    block.put(copy_of(std::to_string(i), {"100@lid"}));
  EXPECT_EQ(block.size(), RetryBlock::kCopies);
  EXPECT_EQ(block.find("1"), nullptr);
  EXPECT_NE(block.find("2"), nullptr);
  block.put(copy_of("big", {"100@lid"}, RetryBlock::kBytes + 1));
  EXPECT_EQ(block.size(), 1U);
  EXPECT_NE(block.find("big"), nullptr);
}

TEST(RetryBlockTest, SendingTheSameIdAgainReplacesItsCopy) {
  RetryBlock block;
  block.put(copy_of("A", {"100@lid"}));
  block.put(copy_of("A", {"100@lid", "100:1@lid"}));
  EXPECT_EQ(block.size(), 1U);
  EXPECT_EQ(block.find("A")->waiting.size(), 2U);
}

TEST(RetryBlockTest, ExpiresByTime) {
  RetryBlock block;
  block.put(copy_of("A", {"100@lid"}));
  EXPECT_FALSE(block.expire(1000));
  EXPECT_TRUE(block.expire(1001));
  EXPECT_FALSE(block.write());
}

TEST(LimitedFieldsTest, WhatHasOutlivedItsTimeGoesAndTheRestStays) {
  RetryBlock block;
  RetryCopy old = copy_of("old", {"100@lid"});
  old.sent_at = 100;
  RetryCopy young = copy_of("young", {"100@lid"});
  young.sent_at = 200;
  block.put(old);
  RetryBlock both = block;
  both.put(young);
  RetryBlock fresh;
  fresh.put(young);
  RetryAsks asks;
  asks.ask(*Jid::parse("100@lid"), "A", 0, 100);
  Fetched found;
  found["retry/1"] = *block.write();
  found["retry/2"] = *both.write();
  found["retry/3"] = *fresh.write();
  found["retry/4"] = to_bytes("rubbish");
  found["asks/5"] = *asks.write();
  const Changes changes = outlived(found, 150);
  ASSERT_EQ(changes.size(), 4U);
  for (const Change& change : changes) {
    EXPECT_NE(change.field, "retry/3");
    EXPECT_EQ(change.value.has_value(), change.field == "retry/2") << change.field;
  }
  EXPECT_EQ(limited_fields().size(), RetryBlock::kBlocks + RetryAsks::kBlocks);
}

TEST(RetryBlockTest, AnIdAlwaysHasTheSameField) {
  EXPECT_EQ(RetryBlock::field("3EB0AAAAAAAAAAAAAAAAAA"), RetryBlock::field("3EB0AAAAAAAAAAAAAAAAAA"));
  EXPECT_TRUE(RetryBlock::field("x").starts_with("retry/"));
}

TEST(RetryAsksTest, CountsPerSenderAndMessage) {
  RetryAsks asks;
  EXPECT_EQ(asks.ask(jid("1@lid"), "A", 0, 10), 1U);
  EXPECT_EQ(asks.ask(jid("1@lid"), "A", 0, 10), 2U);
  EXPECT_EQ(asks.ask(jid("2@lid"), "A", 0, 10), 1U);
  auto stored = RetryAsks::read(*asks.write());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->count(jid("1@lid"), "A"), 2U);
  EXPECT_TRUE(stored->settled(jid("1@lid"), "A"));
  EXPECT_EQ(stored->count(jid("1@lid"), "A"), 0U);
}

TEST(RetryAsksTest, GoesOnFromWhatTheSenderSaysItWasAsked) {
  RetryAsks asks;
  EXPECT_EQ(asks.ask(jid("1@lid"), "A", 3, 10), 4U);
  EXPECT_GT(asks.ask(jid("1@lid"), "B", 200, 10), RetryAsks::kMost);
}

TEST(RetryAsksTest, StaysBounded) {
  RetryAsks asks;
  for (int i = 0; i < 100; ++i)
    asks.ask(jid("1@lid"), std::to_string(i), 0, i);
  EXPECT_EQ(asks.count(jid("1@lid"), "0"), 0U);
  EXPECT_EQ(asks.count(jid("1@lid"), "99"), 1U);
  EXPECT_TRUE(asks.expire(200));
  EXPECT_FALSE(asks.write());
}

TEST(PrekeyRangeTest, WhatWasMadeAndNotConfirmedComesFirst) {
  Fetched found;
  EXPECT_EQ(PrekeyRange::unconfirmed(found, 5).count, 0U);
  found[std::string(kPrekeysField)] = PrekeyRange::write_confirmed(1);
  EXPECT_EQ(PrekeyRange::unconfirmed(found, 813).first, 1U);
  EXPECT_EQ(PrekeyRange::unconfirmed(found, 813).count, 812U);
  found[std::string(kPrekeysField)] = PrekeyRange::write_confirmed(813);
  EXPECT_EQ(PrekeyRange::unconfirmed(found, 813).count, 0U);
}

TEST(PrekeyRangeTest, IdsWrap) {
  Fetched found;
  found[std::string(kPrekeysField)] = PrekeyRange::write_confirmed(0xFFFFFF);
  EXPECT_EQ(PrekeyRange::unconfirmed(found, 3).count, 3U);
}

TEST(PrekeyRangeTest, ADamagedFieldCostsNothingButKeys) {
  Fetched found;
  found[std::string(kPrekeysField)] = Bytes{9, 9, 9};
  EXPECT_EQ(PrekeyRange::unconfirmed(found, 7).count, 0U);
}

TEST(CachedDevicesTest, ReadsBackAndAges) {
  const auto list = CachedDevices::from({jid("1@lid"), jid("1:99@lid"), jid("1:4@lid"), jid("1:4@lid")}, 1000);
  EXPECT_EQ(list.ids, (std::vector<std::uint16_t>{0, 4}));
  const auto stored = CachedDevices::read(list.write());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->ids, list.ids);
  EXPECT_TRUE(stored->fresh(4599, 3600));
  EXPECT_FALSE(stored->fresh(4600, 3600));
  EXPECT_FALSE(stored->fresh(999, 3600)) << "from the future";
}

Node notice(const char* operation, const std::string& hash, std::initializer_list<std::string_view> devices) {
  Node change(operation);
  change.with("device_hash", hash);
  for (const auto device : devices)
    change.add(Node("device").with("jid", jid(device)).with("key-index", "2"));
  return Node("notification").with("type", "devices").with("from", jid("15@s.whatsapp.net")).add(std::move(change));
}

TEST(DeviceNoticeTest, AnAddedDeviceIsTakenOverIfTheHashAgrees) {
  const auto known = CachedDevices::from({jid("15@s.whatsapp.net")}, 1000);
  const std::vector<Jid> after{jid("15@s.whatsapp.net"), jid("15:4@s.whatsapp.net")};
  const auto read = read_device_notice(notice("add", message::participant_hash(after), {"15:4@s.whatsapp.net"}));
  ASSERT_TRUE(read);
  const auto list = apply(*read, known, jid("15@s.whatsapp.net"), 2000);
  ASSERT_TRUE(list);
  EXPECT_EQ(list->ids, (std::vector<std::uint16_t>{0, 4}));
}

TEST(DeviceNoticeTest, AHashThatDisagreesForgetsTheList) {
  const auto known = CachedDevices::from({jid("15@s.whatsapp.net")}, 1000);
  const auto read = read_device_notice(notice("add", "2:AAAAAAAA", {"15:4@s.whatsapp.net"}));
  ASSERT_TRUE(read);
  EXPECT_FALSE(apply(*read, known, jid("15@s.whatsapp.net"), 2000));
}

TEST(DeviceNoticeTest, ARemovedDeviceGoes) {
  const auto known = CachedDevices::from({jid("15@s.whatsapp.net"), jid("15:4@s.whatsapp.net")}, 1000);
  const std::vector<Jid> after{jid("15@s.whatsapp.net")};
  const auto read = read_device_notice(notice("remove", message::participant_hash(after), {"15:4@s.whatsapp.net"}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ids, std::vector<std::uint16_t>{4});
  EXPECT_EQ(apply(*read, known, jid("15@s.whatsapp.net"), 2000)->ids, std::vector<std::uint16_t>{0});
}

TEST(DeviceNoticeTest, AnUpdateAlwaysForgets) {
  const auto read = read_device_notice(
      Node("notification").with("from", jid("15@s.whatsapp.net")).add(Node("update").with("hash", "2:x")));
  ASSERT_TRUE(read);
  EXPECT_FALSE(apply(*read, CachedDevices::from({jid("15@s.whatsapp.net")}, 1), jid("15@s.whatsapp.net"), 2));
  EXPECT_FALSE(read_device_notice(Node("notification")));
}

}  // namespace
}  // namespace linekeeper::transport
