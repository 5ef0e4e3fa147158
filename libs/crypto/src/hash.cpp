#include "linekeeper/crypto/hash.hpp"

#include <algorithm>
#include <array>

#include "evp.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::crypto {
namespace {

const EVP_MD* md_md5() {
  static const EVP_MD* md = fetched_md("MD5");
  return md;
}
const EVP_MD* md_sha1() {
  static const EVP_MD* md = fetched_md("SHA1");
  return md;
}
const EVP_MD* md_sha256() {
  static const EVP_MD* md = fetched_md("SHA2-256");
  return md;
}
const EVP_MD* md_sha512() {
  static const EVP_MD* md = fetched_md("SHA2-512");
  return md;
}

void begin(EVP_MD_CTX* context, const EVP_MD* md) {
  require(EVP_DigestInit_ex2(context, md, nullptr) == 1, "EVP_DigestInit_ex2");
}
void add(EVP_MD_CTX* context, ByteView data) {
  require(EVP_DigestUpdate(context, data.data(), data.size()) == 1, "EVP_DigestUpdate");
}
template <typename Digest>
Digest end(EVP_MD_CTX* context) {
  Digest out;
  require(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1, "EVP_DigestFinal_ex");
  return out;
}

/// One context per thread and algorithm: reused for the same algorithm, OpenSSL allocates nothing.
template <typename Digest, const EVP_MD* (*Md)()>
EVP_MD_CTX* own_context() {
  thread_local const MdContext context{EVP_MD_CTX_new()};
  require(context != nullptr, "EVP_MD_CTX_new");
  begin(context.get(), Md());
  return context.get();
}

template <typename Digest, const EVP_MD* (*Md)(), typename... Parts>
Digest digest(const Parts&... parts) {
  EVP_MD_CTX* context = own_context<Digest, Md>();
  (add(context, parts), ...);
  return end<Digest>(context);
}

/// A key padded to the hash's block and masked, as HMAC wants it; wiped when it goes.
template <std::size_t Block>
struct PaddedKey {
  std::array<std::uint8_t, Block> bytes{};

  explicit PaddedKey(ByteView key) { std::copy(key.begin(), key.end(), bytes.begin()); }
  PaddedKey(const PaddedKey&) = delete;
  PaddedKey& operator=(const PaddedKey&) = delete;
  ~PaddedKey() { wipe(bytes); }

  PaddedKey& mask(std::uint8_t value) {
    for (auto& byte : bytes)
      byte ^= value;
    return *this;
  }
  operator ByteView() const { return bytes; }
};

constexpr std::uint8_t kInner = 0x36;
constexpr std::uint8_t kOuter = 0x5c;

template <typename Digest, const EVP_MD* (*Md)(), std::size_t Block>
Digest hmac(ByteView key, ByteView data) {
  Digest shortened;
  if (key.size() > Block) {
    shortened = digest<Digest, Md>(key);
    key = shortened;
  }
  PaddedKey<Block> padded(key);
  const Digest inner = digest<Digest, Md>(ByteView(padded.mask(kInner)), data);
  return digest<Digest, Md>(ByteView(padded.mask(kInner ^ kOuter)), ByteView(inner));
}

}  // namespace

Md5Digest md5(ByteView data) {
  return digest<Md5Digest, md_md5>(data);
}
Sha1Digest sha1(ByteView data) {
  return digest<Sha1Digest, md_sha1>(data);
}
Sha256Digest sha256(ByteView data) {
  return digest<Sha256Digest, md_sha256>(data);
}
Sha512Digest sha512(ByteView data) {
  return digest<Sha512Digest, md_sha512>(data);
}

Sha256Digest hmac_sha256(ByteView key, ByteView data) {
  return hmac<Sha256Digest, md_sha256, 64>(key, data);
}
Sha512Digest hmac_sha512(ByteView key, ByteView data) {
  return hmac<Sha512Digest, md_sha512, 128>(key, data);
}

struct Sha256::Impl {
  MdContext context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  require(impl_->context != nullptr, "EVP_MD_CTX_new");
  begin(impl_->context.get(), md_sha256());
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView data) {
  add(impl_->context.get(), data);
  return *this;
}

Sha256Digest Sha256::finish() {
  const auto out = end<Sha256Digest>(impl_->context.get());
  begin(impl_->context.get(), md_sha256());
  return out;
}

struct HmacSha256::Impl {
  explicit Impl(ByteView short_key) : key(short_key) {}
  PaddedKey<64> key;
  Sha256 hash;
};

HmacSha256::HmacSha256(ByteView key) {
  Sha256Digest shortened;
  if (key.size() > 64) {
    shortened = sha256(key);
    key = shortened;
  }
  impl_ = std::make_unique<Impl>(key);
  impl_->hash.update(impl_->key.mask(kInner));
}
HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

HmacSha256& HmacSha256::update(ByteView data) {
  impl_->hash.update(data);
  return *this;
}

Sha256Digest HmacSha256::finish() {
  const Sha256Digest inner = impl_->hash.finish();
  const Sha256Digest out = impl_->hash.update(impl_->key.mask(kInner ^ kOuter)).update(inner).finish();
  impl_->hash.update(impl_->key.mask(kInner ^ kOuter));
  return out;
}

}  // namespace linekeeper::crypto
