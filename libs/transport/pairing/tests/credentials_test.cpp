#include "linekeeper/pairing/credentials.hpp"

#include <gtest/gtest.h>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/crypto/xeddsa.hpp"
#include "linekeeper/pairing/client_payload.hpp"
#include "state/credentials.pb.h"
#include "vectors.hpp"
#include "wire/payload.pb.h"

namespace linekeeper::transport {
namespace {

TEST(Credentials, VectorKeysAndSignedPrekey) {
  for (const auto& [name, value] : vectors().at("keys").items()) {
    SCOPED_TRACE(name);
    if (value.is_object()) {
      EXPECT_EQ(to_hex(pair(name).pub), value.at("public").get<std::string>());
    }
  }
  const auto& s = vectors().at("signed_prekey_signature");
  const auto signer = pair("companion_identity");
  for (const char* form : {"signature_with_Z", "signature_libsignal_js"})
    EXPECT_TRUE(signal::verify_signed_prekey(signer.pub, pair("companion_signed_prekey").pub, hex(s.at(form)))) << form;
  EXPECT_EQ(to_hex(crypto::xeddsa_sign(signer.priv, hex(s.at("message")), exactly<64>(hex(s.at("Z"))).value())),
            s.at("signature_with_Z").get<std::string>());
}

TEST(Credentials, KeyBundleDigestIsTheVectors) {
  const auto& v = vectors().at("key_bundle_digest");
  std::vector<Key32> one_time;
  for (const auto& k : v.at("prekeys"))
    one_time.push_back(key(k.at("public")));
  EXPECT_EQ(to_hex(signal::prekey_digest(pair("companion_identity").pub, pair("companion_signed_prekey").pub,
                                         exactly<64>(hex(v.at("signed_prekey_signature_used"))).value(), one_time)),
            v.at("sha1").get<std::string>());
}

TEST(Credentials, FreshOnesAreCompleteAndDiffer) {
  const auto a = fresh_credentials();
  const auto b = fresh_credentials();
  EXPECT_FALSE(a.registered());
  EXPECT_GE(a.registration_id, 1U);
  EXPECT_LE(a.registration_id, 16380U);
  EXPECT_EQ(a.next_prekey_id, 1U);
  EXPECT_NE(a.noise.pub, b.noise.pub);
  EXPECT_NE(a.adv_secret.reveal(), b.adv_secret.reveal());
  EXPECT_TRUE(signal::verify_signed_prekey(a.identity.pub, a.signed_prekey.keys.pub, a.signed_prekey.signature));
}

TEST(Credentials, EverythingSurvivesStorage) {
  auto c = fresh_credentials();
  c.me = Jid::parse("5511987654321:7@s.whatsapp.net");
  c.lid = Jid::parse("123456789012345:7@lid");
  c.device_identity = {1, 2, 3};
  c.platform = "android";
  c.business_name = "Acme";
  c.client_props = {8, 1};
  c.prekeys_uploaded = true;
  c.routing_info = {9, 9};
  c.login_counter = 12;
  c.push_name = "Jos\u00e9";
  c.next_prekey_id = 813;
  c.session_era = 3;
  const Bytes stored = serialize(c);
  const auto back = parse_credentials(stored);
  ASSERT_TRUE(back);
  EXPECT_EQ(serialize(*back), stored);
  EXPECT_EQ(back->noise.pub, c.noise.pub);
  EXPECT_EQ(back->signed_prekey.keys.pub, c.signed_prekey.keys.pub);
  EXPECT_EQ(back->me, c.me);
  EXPECT_EQ(back->lid, c.lid);
  EXPECT_EQ(back->login_counter, 12U);
  EXPECT_TRUE(back->prekeys_uploaded);
  EXPECT_EQ(back->session_era, 3U);
}

TEST(Credentials, WhatVersionOneStoredIsStillRead) {
  const auto c = fresh_credentials();
  state::Credentials stored;
  ASSERT_TRUE(stored.ParseFromString(to_text(serialize(c))));
  ASSERT_EQ(stored.version(), 2U);
  stored.set_version(1);
  stored.clear_noise_public();
  stored.clear_identity_public();
  stored.clear_signed_prekey_public();
  const auto back = parse_credentials(to_bytes(stored.SerializeAsString()));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->noise.pub, c.noise.pub);
  EXPECT_EQ(back->identity.pub, c.identity.pub);
  EXPECT_EQ(back->signed_prekey.keys.pub, c.signed_prekey.keys.pub);
  EXPECT_EQ(serialize(*back), serialize(c));

  // Such a value may have been made by hand: its signature has to hold.
  stored.set_identity_private(to_text(fresh_credentials().identity.priv.reveal()));
  EXPECT_EQ(parse_credentials(to_bytes(stored.SerializeAsString())).error(), Errc::malformed_value);
}

TEST(Credentials, StorageThatIsNotOursIsRefused) {
  const Bytes good = serialize(fresh_credentials());
  Bytes newer = good;
  ASSERT_EQ(newer[0], 0x08);  // field 1: version
  newer[1] = 3;
  EXPECT_EQ(parse_credentials(newer).error(), Errc::unsupported_version);
  EXPECT_EQ(parse_credentials({}).error(), Errc::malformed_value);
  for (std::size_t n = 1; n < good.size(); ++n)
    EXPECT_FALSE(parse_credentials(ByteView(good).first(n))) << n;
}

ClientProfile vector_profile() {
  ClientProfile out;
  out.version = {2, 3000, 1035194821};
  out.device_name = "Ubuntu";
  out.device_version = {10, 15, 7};
  out.platform = DevicePlatform::chrome;
  return out;
}

TEST(ClientPayload, VectorRegistrationAndOursSayTheSame) {
  const auto& v = vectors().at("registration_client_payload");
  EXPECT_EQ(to_hex(build_hash(vector_profile().version)), v.at("build_hash_md5").get<std::string>());
  wire::ClientPayload theirs;
  ASSERT_TRUE(theirs.ParseFromString(to_text(hex(v.at("protobuf")))));
  wire::ClientPayload ours;
  ASSERT_TRUE(ours.ParseFromString(to_text(registration_payload(companion(), vector_profile()))));
  EXPECT_EQ(to_hex(as_bytes(ours.device_pairing_data().device_props())), v.at("device_props").get<std::string>());
  // Signatures are randomised: each must verify, then they may be compared away.
  for (auto* payload : {&theirs, &ours}) {
    auto& data = *payload->mutable_device_pairing_data();
    EXPECT_TRUE(signal::verify_signed_prekey(pair("companion_identity").pub, pair("companion_signed_prekey").pub,
                                             as_bytes(data.signed_prekey_signature())));
    data.clear_signed_prekey_signature();
    payload->mutable_user_agent()->clear_manufacturer();  // empty in ours, absent in theirs
    payload->clear_lid_db_migrated();
  }
  EXPECT_EQ(to_hex(as_bytes(ours.SerializeAsString())), to_hex(as_bytes(theirs.SerializeAsString())));
}

TEST(ClientPayload, VectorRegistrationIsReadByTheServer) {
  const auto parsed = parse_client_payload(hex(vectors().at("registration_client_payload").at("protobuf")));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->version.str(), "2.3000.1035194821");
  const auto& request = std::get<RegistrationRequest>(parsed->request);
  EXPECT_EQ(request.registration_id, 4242U);
  EXPECT_EQ(request.identity, pair("companion_identity").pub);
  EXPECT_EQ(request.signed_prekey_id, 1U);
  EXPECT_EQ(request.device_name, "Ubuntu");
}

TEST(ClientPayload, VectorLoginAndOursSayTheSame) {
  const auto& v = vectors().at("login_client_payload");
  auto credentials = companion();
  credentials.me = Jid::parse(v.at("jid").get<std::string>());
  wire::ClientPayload theirs;
  ASSERT_TRUE(theirs.ParseFromString(to_text(hex(v.at("protobuf")))));
  wire::ClientPayload ours;
  ASSERT_TRUE(ours.ParseFromString(to_text(client_payload(credentials, vector_profile()).value())));
  ours.mutable_user_agent()->clear_manufacturer();
  ours.clear_lc();
  EXPECT_EQ(to_hex(as_bytes(ours.SerializeAsString())), to_hex(as_bytes(theirs.SerializeAsString())));
  const auto parsed = parse_client_payload(hex(v.at("protobuf")));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<LoginRequest>(parsed->request).user, "5511987654321");
  EXPECT_EQ(std::get<LoginRequest>(parsed->request).device, 7);
}

TEST(ClientPayload, ServerRefusesForeignSignatures) {
  auto credentials = companion();
  credentials.signed_prekey.signature[3] ^= 1;
  EXPECT_EQ(parse_client_payload(registration_payload(credentials, vector_profile())).error(), Errc::bad_signature);
  EXPECT_EQ(parse_client_payload({}).error(), Errc::malformed_message);
  EXPECT_EQ(login_payload(companion(), vector_profile()).error(), Errc::invalid_argument);
}

}  // namespace
}  // namespace linekeeper::transport
