#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "linekeeper/crypto/hash.hpp"
#include "media_paths.hpp"

namespace linekeeper::sandbox {
namespace {

class MediaTest : public testing::Test {
 protected:
  http::Response call(const char* method, const std::string& path, const std::string& body = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.body = body;
    return answer_media(store, faults, "127.0.0.1:8443", request);
  }
  static std::string name_of(const std::string& body) { return to_base64url(crypto::sha256(as_bytes(body))); }

  MediaStore store{100};
  Faults faults;
};

TEST_F(MediaTest, WhatWasUploadedComesBackUnderItsDirectPath) {
  const auto uploaded = call("POST", "/mms/image/" + name_of("hello"), "hello");
  ASSERT_EQ(uploaded.status, 200U);
  const auto answer = nlohmann::json::parse(uploaded.body);
  const std::string direct = answer["direct_path"];
  EXPECT_EQ(answer["url"], "https://127.0.0.1:8443" + direct);
  EXPECT_NE(direct.find('?'), std::string::npos);
  EXPECT_EQ(call("GET", direct.substr(0, direct.find('?'))).body, "hello");
}

TEST_F(MediaTest, WhateverIsGluedToTheNameIsIgnored) {
  call("POST", "/mms/image/" + name_of("hello") + "=", "hello");
  EXPECT_EQ(call("GET", "/v/image/" + name_of("hello") + "&hash=x&mms-type=image").body, "hello");
}

TEST_F(MediaTest, ABodyThatIsNotItsNameIsRefused) {
  EXPECT_EQ(call("POST", "/mms/image/" + name_of("hello"), "other").status, 400U);
  EXPECT_EQ(store.count(), 0U);
}

TEST_F(MediaTest, UnknownAndMalformedNamesAreTold) {
  EXPECT_EQ(call("GET", "/v/image/" + name_of("nothing")).status, 404U);
  EXPECT_EQ(call("GET", "/v/image/short").status, 400U);
  EXPECT_EQ(call("PATCH", "/v/image/" + name_of("x")).status, 405U);
}

TEST_F(MediaTest, MemoryIsBoundedAndRepeatsAreFree) {
  const std::string big(80, 'a');
  EXPECT_EQ(call("POST", "/mms/image/" + name_of(big), big).status, 200U);
  EXPECT_EQ(call("POST", "/mms/image/" + name_of(big), big).status, 200U);
  EXPECT_EQ(store.bytes(), 80U);
  const std::string more(30, 'b');
  EXPECT_EQ(call("POST", "/mms/image/" + name_of(more), more).status, 507U);
  EXPECT_EQ(call("DELETE", "/mms/image/" + name_of(big)).status, 200U);
  EXPECT_EQ(call("POST", "/mms/image/" + name_of(more), more).status, 200U);
}

TEST_F(MediaTest, FailuresCanBeOrdered) {
  call("POST", "/mms/image/" + name_of("hello"), "hello");
  Fault fault;
  fault.kind = "media";
  fault.times = 1;
  fault.parameters["status"] = "403";
  std::string why;
  ASSERT_TRUE(faults.add(fault, why)) << why;
  EXPECT_EQ(call("GET", "/v/image/" + name_of("hello")).status, 403U);
  fault.parameters = {{"body", "short"}};
  ASSERT_TRUE(faults.add(fault, why)) << why;
  EXPECT_EQ(call("GET", "/v/image/" + name_of("hello")).body, "he");
}

}  // namespace
}  // namespace linekeeper::sandbox
