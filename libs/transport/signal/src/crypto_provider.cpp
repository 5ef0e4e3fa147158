#include <cstring>
#include <new>

#include "library.hpp"
#include "linekeeper/crypto/cipher.hpp"
#include "linekeeper/crypto/hash.hpp"
#include "random_source.hpp"

namespace linekeeper::transport::signal {
namespace {

/// No exception may pass through C.
template <typename Body>
int guarded(Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return SG_ERR_NOMEM;
  } catch (...) {
    return SG_ERR_UNKNOWN;
  }
}

int emit(signal_buffer** output, ByteView bytes) {
  *output = signal_buffer_create(bytes.data(), bytes.size());
  return *output != nullptr ? SG_SUCCESS : SG_ERR_NOMEM;
}

int random(std::uint8_t* data, std::size_t size, void*) {
  return guarded([&] {
    fill_from_present_source({data, size});
    return SG_SUCCESS;
  });
}

int hmac_init(void** context, const std::uint8_t* key, std::size_t size, void*) {
  return guarded([&] {
    *context = new crypto::HmacSha256(ByteView(key, size));
    return SG_SUCCESS;
  });
}

int hmac_update(void* context, const std::uint8_t* data, std::size_t size, void*) {
  return guarded([&] {
    static_cast<crypto::HmacSha256*>(context)->update({data, size});
    return SG_SUCCESS;
  });
}

int hmac_final(void* context, signal_buffer** output, void*) {
  return guarded([&] { return emit(output, static_cast<crypto::HmacSha256*>(context)->finish()); });
}

void hmac_cleanup(void* context, void*) {
  delete static_cast<crypto::HmacSha256*>(context);
}

// Of no use for sessions and sender keys, but the library insists on having it.

int sha512_init(void** context, void*) {
  return guarded([&] {
    *context = new Bytes;
    return SG_SUCCESS;
  });
}

int sha512_update(void* context, const std::uint8_t* data, std::size_t size, void*) {
  return guarded([&] {
    append(*static_cast<Bytes*>(context), {data, size});
    return SG_SUCCESS;
  });
}

int sha512_final(void* context, signal_buffer** output, void*) {
  return guarded([&] {
    auto& gathered = *static_cast<Bytes*>(context);
    const auto digest = crypto::sha512(gathered);
    gathered.clear();
    return emit(output, digest);
  });
}

void sha512_cleanup(void* context, void*) {
  delete static_cast<Bytes*>(context);
}

/// Protocol version 3 uses CBC only.
bool usable(int cipher, std::size_t key, std::size_t iv) noexcept {
  return cipher == SG_CIPHER_AES_CBC_PKCS5 && key == 32 && iv == 16;
}

int encrypt(signal_buffer** output, int cipher, const std::uint8_t* key, std::size_t key_size, const std::uint8_t* iv,
            std::size_t iv_size, const std::uint8_t* data, std::size_t size, void*) {
  return guarded([&] {
    if (!usable(cipher, key_size, iv_size)) return SG_ERR_INVAL;
    return emit(output, crypto::aes256_cbc_encrypt({key, key_size}, {iv, iv_size}, {data, size}));
  });
}

int decrypt(signal_buffer** output, int cipher, const std::uint8_t* key, std::size_t key_size, const std::uint8_t* iv,
            std::size_t iv_size, const std::uint8_t* data, std::size_t size, void*) {
  return guarded([&] {
    if (!usable(cipher, key_size, iv_size)) return SG_ERR_INVAL;
    auto plain = crypto::aes256_cbc_decrypt({key, key_size}, {iv, iv_size}, {data, size});
    if (!plain) return SG_ERR_INVALID_MESSAGE;
    const SecretBytes secret(std::move(*plain));
    return emit(output, secret.reveal());
  });
}

}  // namespace

void set_crypto(signal_context* context) {
  signal_crypto_provider provider{};
  provider.random_func = random;
  provider.hmac_sha256_init_func = hmac_init;
  provider.hmac_sha256_update_func = hmac_update;
  provider.hmac_sha256_final_func = hmac_final;
  provider.hmac_sha256_cleanup_func = hmac_cleanup;
  provider.sha512_digest_init_func = sha512_init;
  provider.sha512_digest_update_func = sha512_update;
  provider.sha512_digest_final_func = sha512_final;
  provider.sha512_digest_cleanup_func = sha512_cleanup;
  provider.encrypt_func = encrypt;
  provider.decrypt_func = decrypt;
  signal_context_set_crypto_provider(context, &provider);
}

}  // namespace linekeeper::transport::signal
