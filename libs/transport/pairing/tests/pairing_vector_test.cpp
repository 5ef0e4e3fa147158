#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "linekeeper/pairing/adv.hpp"
#include "linekeeper/pairing/link_code_stanzas.hpp"
#include "linekeeper/pairing/pair_success.hpp"
#include "linekeeper/pairing/pairing_stanzas.hpp"
#include "linekeeper/pairing/phone_number.hpp"
#include "linekeeper/pairing/qr.hpp"
#include "vectors.hpp"

namespace linekeeper::transport {
namespace {

TEST(Qr, VectorTextsRefreshAndRotation) {
  const auto& v = vectors().at("qr");
  auto credentials = companion();
  const auto refs = v.at("refs").get<std::vector<std::string>>();
  QrRotation rotation(refs);
  for (std::size_t i = 0; i < refs.size(); ++i) {
    ASSERT_FALSE(rotation.exhausted());
    EXPECT_EQ(qr_text(credentials, rotation.ref()).reveal(), v.at("strings")[i].get<std::string>());
    EXPECT_EQ(rotation.lifetime(), std::chrono::seconds(v.at("show_seconds")[i].get<int>()));
    EXPECT_EQ(rotation.index(), i + 1);
    EXPECT_EQ(rotation.remaining(), refs.size() - i - 1);
    rotation.advance();
  }
  EXPECT_TRUE(rotation.exhausted());
  EXPECT_FALSE(rotation.advance());
  const auto& refresh = v.at("after_companion_reg_refresh");
  credentials.adv_secret = SecretKey32(key(refresh.at("new_adv_secret")));
  EXPECT_EQ(qr_text(credentials, refs[0]).reveal(), refresh.at("string").get<std::string>());
  const Node notification = node_of(refresh.at("notification"));
  EXPECT_TRUE(asks_registration_refresh(notification));
  EXPECT_EQ(notification_ack(notification), node_of(refresh.at("ack")));
  Node without_child = notification;
  without_child.content = std::monostate();
  EXPECT_FALSE(asks_registration_refresh(without_child));
}

TEST(Qr, ParsesBothFormsFromTheRight) {
  const auto& v = vectors().at("qr");
  const auto credentials = companion();
  for (const std::string prefix : {"", "https://wa.me/settings/linked_devices#"}) {
    QrContent content{"2@a,b/c+d=", credentials.noise.pub, credentials.identity.pub, credentials.adv_secret, "1"};
    std::string text = qr_text(content).reveal();
    text = prefix + text.substr(text.find('#') + 1);
    const auto parsed = parse_qr(text);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->ref, content.ref);
    EXPECT_EQ(parsed->noise, content.noise);
    EXPECT_EQ(parsed->identity, content.identity);
    EXPECT_EQ(parsed->adv_secret, content.adv_secret);
  }
  const auto legacy = v.at("legacy_without_prefix").get<std::string>();
  EXPECT_TRUE(parse_qr(legacy, true));
  for (const char* bad : {"", ",,,,", "a,b,c,d,1", "ref,AAAA,AAAA,AAAA,1"})
    EXPECT_FALSE(parse_qr(bad, true)) << bad;
}

TEST(Qr, VectorPairDeviceStanza) {
  const auto& v = vectors().at("qr");
  const Node iq = node_of(v.at("pair_device_iq"));
  ASSERT_TRUE(is_pair_device(iq));
  EXPECT_EQ(parse_pair_device(iq).value(), v.at("refs").get<std::vector<std::string>>());
  EXPECT_EQ(pair_device(iq.attr("id").value(), parse_pair_device(iq).value()), iq);
  EXPECT_EQ(iq_result_to(iq), node_of(v.at("pair_device_ack")));
}

class AdvVectors : public testing::TestWithParam<std::string> {
 protected:
  static const nlohmann::json& vector() {
    return GetParam() == "pair_success_after" ? vectors().at("pairing_code").at(GetParam())
                                              : vectors().at("adv").at(GetParam());
  }
  static DeviceCredentials credentials() {
    auto out = companion();
    out.adv_secret = SecretKey32(key(vector().at("adv_secret")));
    return out;
  }
};

using AcceptedAdv = AdvVectors;
using RefusedAdv = AdvVectors;

TEST_P(AcceptedAdv, IsAcceptedAndCountersigned) {
  const Node iq = node_of(vector().at("pair_success_iq"));
  ASSERT_TRUE(is_pair_success(iq));
  const auto outcome = verify_pair_success(iq, credentials(), "+55 11 98765-4321");
  ASSERT_TRUE(std::holds_alternative<PairAccepted>(outcome)) << name(std::get<PairRefused>(outcome).check);
  const auto& accepted = std::get<PairAccepted>(outcome);
  EXPECT_EQ(accepted.credentials.me->str(), "5511987654321:7@s.whatsapp.net");
  EXPECT_EQ(accepted.credentials.lid->str(), "123456789012345:7@lid");
  EXPECT_EQ(accepted.credentials.platform, "android");
  EXPECT_EQ(accepted.server_time, 1767225600);
  EXPECT_EQ(accepted.country, "BR");
  EXPECT_EQ(accepted.key_index, vector().at("inner").at("keyIndex").get<std::uint32_t>());

  const Node theirs = node_of(vector().at("reply_iq_baileys"));
  EXPECT_EQ(accepted.answer.attrs, theirs.attrs);
  const auto sign = parse_pair_device_sign(accepted.answer).value();
  EXPECT_EQ(sign.key_index, accepted.key_index);
  const auto ours = parse_adv_signed(sign.identity).value();
  const auto expected = parse_adv_signed(hex(vector().at("reply_device_identity_with_Z"))).value();
  EXPECT_EQ(ours.details, expected.details);
  EXPECT_EQ(ours.account_signature, expected.account_signature);
  EXPECT_TRUE(ours.account_key.empty());
  const Key32 account = pair("primary_identity_account_key").pub;
  for (const auto& reply : {ours, expected, parse_adv_signed(parse_pair_device_sign(theirs).value().identity).value()})
    EXPECT_TRUE(verify_device_signature(reply, companion().identity.pub, account));
  const auto stored = parse_adv_signed(accepted.credentials.device_identity).value();
  EXPECT_EQ(stored.account_key, to_bytes(account));
  EXPECT_TRUE(verify_device_signature(stored, companion().identity.pub));
  EXPECT_FALSE(verify_device_signature(stored, companion().noise.pub));
  EXPECT_FALSE(verify_device_signature(stored, companion().identity.pub, std::nullopt, true));
}

TEST_P(AcceptedAdv, ThePhoneBuildsTheSame) {
  const auto& inner = vector().at("inner");
  AdvDeviceIdentity identity{
      inner.at("rawId"), inner.at("timestamp"), inner.at("keyIndex").get<std::uint32_t>(), {}, {}};
  if (inner.contains("accountType")) identity.account_type = static_cast<AdvType>(inner.at("accountType").get<int>());
  if (inner.contains("deviceType")) identity.device_type = static_cast<AdvType>(inner.at("deviceType").get<int>());
  EXPECT_EQ(to_hex(encode(identity)), vector().at("details").get<std::string>());
  std::optional<AdvType> outer;
  if (!vector().at("outer_account_type").is_null())
    outer = static_cast<AdvType>(vector().at("outer_account_type").get<int>());
  const auto made = link_companion(pair("primary_identity_account_key"), identity, outer, companion().identity.pub,
                                   credentials().adv_secret);
  EXPECT_EQ(encode(made).size(), vector().at("container_length").get<std::size_t>());
  EXPECT_TRUE(verify_container(made, credentials().adv_secret));
  EXPECT_TRUE(verify_account_signature(parse_adv_signed(made.signed_identity).value(),
                                       identity.device_type.value_or(AdvType::e2ee), companion().identity.pub));
  EXPECT_EQ(to_hex(encode(parse_adv_container(hex(vector().at("container"))).value())),
            vector().at("container").get<std::string>());
}

TEST_P(AcceptedAdv, AnotherPhoneOrSecretIsRefused) {
  const Node iq = node_of(vector().at("pair_success_iq"));
  auto outcome = verify_pair_success(iq, credentials(), "4915123456789");
  ASSERT_TRUE(std::holds_alternative<PairRefused>(outcome));
  EXPECT_EQ(std::get<PairRefused>(outcome).check, PairCheck::phone);
  EXPECT_EQ(std::get<PairRefused>(outcome).answer.child("error")->attr("code"), "500");
  auto stale = credentials();
  renew_adv_secret(stale);
  outcome = verify_pair_success(iq, stale);
  EXPECT_EQ(std::get<PairRefused>(outcome).check, PairCheck::hmac);
}

TEST_P(RefusedAdv, IsRefusedWithTheExpectedAnswer) {
  const auto outcome = verify_pair_success(node_of(vector().at("pair_success_iq")), credentials());
  ASSERT_TRUE(std::holds_alternative<PairRefused>(outcome));
  const auto& refused = std::get<PairRefused>(outcome);
  EXPECT_EQ(refused.check, GetParam() == "negative_bad_hmac" ? PairCheck::hmac : PairCheck::account_signature);
  EXPECT_EQ(refused.answer, node_of(vectors().at("other_stanzas").at("pair_error_reply")));
}

INSTANTIATE_TEST_SUITE_P(Vectors, AcceptedAdv,
                         testing::Values("e2ee_enums_omitted", "e2ee_enums_explicit", "hosted_account_e2ee_device",
                                         "hosted_account_hosted_device", "pair_success_after"),
                         [](const auto& vector) { return vector.param; });
INSTANTIATE_TEST_SUITE_P(Vectors, RefusedAdv, testing::Values("negative_bad_hmac", "negative_bad_account_signature"),
                         [](const auto& vector) { return vector.param; });

TEST(PairSuccess, EveryStepIsNamed) {
  const auto& v = vectors().at("adv").at("e2ee_enums_omitted");
  const auto refused_by = [&](const auto& change) {
    Node iq = node_of(v.at("pair_success_iq"));
    auto& body = std::get<std::vector<Node>>(iq.content)[0];
    change(std::get<std::vector<Node>>(body.content));
    const auto outcome = verify_pair_success(iq, companion());
    const auto* refused = std::get_if<PairRefused>(&outcome);
    return refused == nullptr ? "accepted" : std::string(name(refused->check));
  };
  const auto sealed = [&](const AdvSignedIdentity& identity) {
    AdvContainer out{encode(identity), {}, std::nullopt};
    out.hmac = to_bytes(crypto::hmac_sha256(companion().adv_secret.reveal(), out.signed_identity));
    return encode(out);
  };
  const auto identity_of = [](std::vector<Node>& parts) -> Node& { return parts[1]; };
  const auto good = parse_adv_signed(hex(v.at("signed_device_identity"))).value();
  EXPECT_EQ(refused_by([](auto&) {}), "accepted");
  EXPECT_EQ(refused_by([](auto& parts) { parts.erase(parts.begin() + 1); }), "stanza");
  EXPECT_EQ(refused_by([](auto& parts) { parts.erase(parts.begin() + 2); }), "stanza");
  EXPECT_EQ(refused_by([](auto& parts) { parts.erase(parts.begin()); }), "accepted");  // older servers: no jurisdiction
  EXPECT_EQ(refused_by([&](auto& parts) { identity_of(parts).content = Bytes{0xff}; }), "container");
  EXPECT_EQ(refused_by([&](auto& parts) { identity_of(parts).content = Bytes(501, 0); }), "container");
  EXPECT_EQ(refused_by([&](auto& parts) {
              AdvContainer rubbish{{0xff}, {}, std::nullopt};
              rubbish.hmac = to_bytes(crypto::hmac_sha256(companion().adv_secret.reveal(), rubbish.signed_identity));
              identity_of(parts).content = encode(rubbish);
            }),
            "identity");
  EXPECT_EQ(refused_by([&](auto& parts) {
              auto shorter = good;
              shorter.account_key.pop_back();
              identity_of(parts).content = sealed(shorter);
            }),
            "key_sizes");
  EXPECT_EQ(refused_by([&](auto& parts) {
              const AdvDeviceIdentity no_index{1, 2, {}, {}, {}};
              identity_of(parts).content = encode(link_companion(pair("primary_identity_account_key"), no_index, {},
                                                                 companion().identity.pub, companion().adv_secret));
            }),
            "key_index");
  const auto& bytes = hex(v.at("container"));
  for (std::size_t i = 0; i < bytes.size(); ++i)
    EXPECT_NE(refused_by([&](auto& parts) {
                Bytes bad = bytes;
                bad[i] ^= 0x04;
                identity_of(parts).content = bad;
              }),
              "accepted")
        << i;
}

TEST(KeyIndexList, VectorVerifiesAndDecidesWhoStays) {
  const auto& v = vectors().at("key_index_list");
  const auto account = pair("primary_identity_account_key");
  auto list = parse_signed_key_index_list(hex(v.at("signed_key_index_list"))).value();
  EXPECT_TRUE(verify_key_index_list(list, account.pub));
  EXPECT_EQ(to_hex(list.details), v.at("details").get<std::string>());
  const auto parsed = parse_key_index_list(list.details).value();
  EXPECT_EQ(to_hex(encode(parsed)), v.at("details").get<std::string>());
  EXPECT_TRUE(verify_key_index_list(sign_key_index_list(parsed, account), account.pub));
  list.details[3] ^= 1;
  EXPECT_FALSE(verify_key_index_list(list, account.pub));
  EXPECT_TRUE(parsed.keeps(0, std::nullopt));
  EXPECT_FALSE(parsed.keeps(4, std::nullopt));
  EXPECT_TRUE(parsed.keeps(4, 3));
  EXPECT_FALSE(parsed.keeps(4, 2));
  EXPECT_TRUE(parsed.keeps(4, 9));
}

TEST(LinkCode, VectorEncoderAndTyping) {
  const auto& v = vectors().at("pairing_code");
  for (const auto& sample : v.at("encoder_samples"))
    EXPECT_EQ(encode_link_code(exactly<5>(hex(sample.at("bytes"))).value()).reveal(), sample.at("code"));
  const auto code = encode_link_code(exactly<5>(hex(v.at("code_bytes"))).value());
  EXPECT_EQ(code.reveal(), v.at("code").get<std::string>());
  EXPECT_EQ(display_link_code(code).reveal(), v.at("display").get<std::string>());
  EXPECT_EQ(normalize_link_code("c439-wff7").value(), code);
  for (const char* bad : {"", "C439WFF", "C439WFF77", "C439WFF0", "C439WFFO", "C439WFFI", "C439WFFU", "C439_WFF7"})
    EXPECT_EQ(normalize_link_code(bad).error(), Errc::invalid_argument) << bad;
  EXPECT_TRUE(normalize_link_code(generate_link_code().reveal()));
}

TEST(LinkCode, VectorExchangeFromBothSides) {
  const auto& v = vectors().at("pairing_code");
  const auto code = normalize_link_code(v.at("code").get<std::string>()).value();
  const auto companion_ephemeral = pair("companion_pairing_ephemeral");
  const auto primary_ephemeral = pair("primary_pairing_ephemeral");
  const auto account = pair("primary_identity_account_key");
  for (const auto& [side, ephemeral] : {std::pair("companion", companion_ephemeral), {"primary", primary_ephemeral}}) {
    const WrapRandom random{key(v.at(side).at("salt")), exactly<16>(hex(v.at(side).at("iv"))).value()};
    const auto wrapped = wrap_ephemeral(code, ephemeral.pub, random);
    EXPECT_EQ(to_hex(wrapped), v.at(side).at("wrapped_ephemeral").get<std::string>());
    EXPECT_EQ(unwrap_ephemeral(code, wrapped), ephemeral.pub);
  }
  const auto wrong = normalize_link_code(v.at("primary").at("wrong_code").get<std::string>()).value();
  const auto wrapped = exactly<80>(hex(v.at("primary").at("wrapped_ephemeral"))).value();
  EXPECT_EQ(to_hex(unwrap_ephemeral(wrong, wrapped)), v.at("primary").at("wrong_code_unwraps_to").get<std::string>());

  const auto& b = v.at("bundle");
  const BundleRandom random{SecretKey32(key(b.at("adv_random"))), key(b.at("salt")),
                            exactly<12>(hex(b.at("nonce"))).value()};
  const auto result =
      finish_as_companion(companion_ephemeral, primary_ephemeral.pub, companion().identity, account.pub, random)
          .value();
  EXPECT_EQ(to_hex(result.bundle), b.at("wrapped").get<std::string>());
  EXPECT_EQ(to_hex(result.adv_secret.reveal()), v.at("adv_secret").at("value").get<std::string>());
  EXPECT_EQ(
      finish_as_primary(primary_ephemeral, companion_ephemeral.pub, account, companion().identity.pub, result.bundle)
          .value(),
      result.adv_secret);
  // The companion took the phone's key out with another code: its bundle does not open.
  const auto astray =
      finish_as_companion(companion_ephemeral, unwrap_ephemeral(wrong, wrapped), companion().identity, account.pub)
          .value();
  EXPECT_EQ(
      finish_as_primary(primary_ephemeral, companion_ephemeral.pub, account, companion().identity.pub, astray.bundle)
          .error(),
      Errc::decrypt_failed);
  EXPECT_EQ(finish_as_primary(primary_ephemeral, companion_ephemeral.pub, account, companion().noise.pub, result.bundle)
                .error(),
            Errc::decrypt_failed);
  EXPECT_EQ(finish_as_companion(companion_ephemeral, Key32{}, companion().identity, account.pub).error(),
            Errc::decrypt_failed);
}

TEST(LinkCode, VectorStanzas) {
  const auto& s = vectors().at("pairing_code").at("stanzas");
  const Node hello = node_of(s.at("companion_hello_recommended"));
  EXPECT_EQ(companion_hello(parse_companion_hello(hello).value()), hello);
  EXPECT_TRUE(parse_companion_hello(node_of(s.at("companion_hello_baileys"))));
  const Node result = node_of(s.at("companion_hello_result"));
  const Bytes ref = parse_companion_hello_result(result).value();
  EXPECT_EQ(companion_hello_result(hello, ref), result);
  const Node notification = node_of(s.at("primary_hello_notification"));
  const auto primary = parse_primary_hello(notification).value();
  EXPECT_EQ(primary.ref, ref);
  EXPECT_EQ(relay_link_stage(primary_hello(primary), notification.attr("id").value(),
                             static_cast<std::int64_t>(notification.number("t").value())),
            notification);
  const Node finish = node_of(s.at("companion_finish"));
  EXPECT_EQ(companion_finish(parse_companion_finish(finish).value()), finish);
  EXPECT_FALSE(parse_primary_hello(finish));
  const Node refresh = node_of(vectors().at("other_stanzas").at("refresh_code_notification"));
  EXPECT_EQ(link_stage(refresh), LinkStage::refresh_code);
  EXPECT_TRUE(parse_refresh_code(refresh).value().manual);
  const Node relayed = companion_hello_notification(hello, ref, "1", 2);
  EXPECT_EQ(parse_companion_hello(relayed).value().wrapped_ephemeral,
            parse_companion_hello(hello).value().wrapped_ephemeral);
}

TEST(OtherStanzas, VectorsAreReadAndWritten) {
  const auto& o = vectors().at("other_stanzas");
  const Node upload = node_of(o.at("primary_pair_device_upload"));
  EXPECT_EQ(companion_upload(parse_companion_upload(upload).value()), upload);
  const Node result = node_of(o.at("primary_pair_device_result"));
  const Jid device = parse_companion_upload_result(result).value();
  EXPECT_EQ(companion_upload_result(upload, device, {}), result);
  const Node hello = node_of(o.at("primary_hello_iq"));
  EXPECT_EQ(primary_hello(parse_primary_hello(hello).value()), hello);
  const Node remove = node_of(o.at("remove_companion_device"));
  EXPECT_EQ(remove_companion_device("3381947923-1", parse_remove_companion_device(remove).value().device), remove);
  const Node remove_all = node_of(o.at("remove_all_companions"));
  EXPECT_TRUE(parse_remove_companion_device(remove_all).value().all);
  EXPECT_EQ(remove_all_companions("77-3"), remove_all);
  const Node sync = node_of(o.at("account_sync_devices"));
  const Node* list = sync.child("devices")->child("key-index-list");
  EXPECT_TRUE(verify_key_index_list(parse_signed_key_index_list(list->bytes()).value(),
                                    pair("primary_identity_account_key").pub));
}

TEST(PhoneNumbers, VectorNormalisation) {
  for (const auto& v : vectors().at("phone_numbers")) {
    const auto out = normalize_phone(v.at("input").get<std::string>());
    SCOPED_TRACE(v.at("input").get<std::string>());
    ASSERT_EQ(out.has_value(), v.contains("normalised"));
    if (out) {
      EXPECT_EQ(*out, v.at("normalised").get<std::string>());
    }
  }
  EXPECT_EQ(normalize_phone("\uFF0B\uFF14\uFF19 1512 3456789").value(), "4915123456789");
  EXPECT_EQ(normalize_phone("\u0664\u0669\u0661\u0665\u0661\u0662\u0663").value(), "4915123");
  EXPECT_FALSE(normalize_phone("49 1512 3456x"));
  EXPECT_FALSE(normalize_phone("4915123\xff"));
}

TEST(PhoneNumbers, VectorMatching) {
  for (const auto& v : vectors().at("phone_match")) {
    SCOPED_TRACE(v.dump());
    const auto match = match_phone(v.at("requested").get<std::string>(), *Jid::parse(v.at("jid").get<std::string>()));
    const std::string expected = v.at("match");
    EXPECT_EQ(match, expected == "exact"           ? PhoneMatch::exact
                     : expected == "country_alias" ? PhoneMatch::country_alias
                                                   : PhoneMatch::mismatch);
  }
  EXPECT_EQ(match_phone("123456789012345", *Jid::parse("123456789012345@lid")), PhoneMatch::mismatch);
  EXPECT_EQ(mask_phone("5511987654321"), "55*******4321");
}

}  // namespace
}  // namespace linekeeper::transport
