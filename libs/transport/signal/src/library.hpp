#pragma once

#include <signal/signal_protocol.h>

#include <memory>
#include <optional>

#include "linekeeper/base/bytes.hpp"
#include "linekeeper/base/errc.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"

namespace linekeeper::transport::signal {

class Transaction;

/// libsignal-protocol-c as one thread uses it: its context with our crypto, its log silenced (it would print names),
/// and stores that read and write the present transaction.
class Library {
 public:
  static Library& of_this_thread();

  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();

  signal_context* context() const noexcept { return context_; }
  signal_protocol_store_context* stores() const noexcept { return stores_; }

  /// The stores work on `transaction` while this object lives.
  class Use {
   public:
    Use(Library& library, Transaction& transaction) noexcept : library_(library) { library_.present_ = &transaction; }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    ~Use() { library_.present_ = nullptr; }

   private:
    Library& library_;
  };

  Transaction& present() const noexcept { return *present_; }

 private:
  Library();

  signal_context* context_ = nullptr;
  signal_protocol_store_context* stores_ = nullptr;
  Transaction* present_ = nullptr;
};

/// Fills in the callbacks that hash, encrypt and draw random numbers.
void set_crypto(signal_context* context);

struct Unref {
  template <typename T>
  void operator()(T* object) const noexcept {
    signal_type_unref(reinterpret_cast<signal_type_base*>(object));
  }
};
/// One reference to an object of the library.
template <typename T>
using Ref = std::unique_ptr<T, Unref>;

struct FreeBuffer {
  void operator()(signal_buffer* buffer) const noexcept { signal_buffer_bzero_free(buffer); }
};
using Buffer = std::unique_ptr<signal_buffer, FreeBuffer>;

inline ByteView view(const signal_buffer* buffer) noexcept {
  return {signal_buffer_const_data(buffer), signal_buffer_len(buffer)};
}
inline SecretBytes secret_copy(const signal_buffer* buffer) {
  return SecretBytes(to_bytes(view(buffer)));
}

/// Calls a function of the library that hands out a new object through its first parameter: null on failure.
template <typename T, typename Function, typename... Args>
Ref<T> make(Function function, Args... args) {
  T* object = nullptr;
  if (function(&object, args...) < 0) return nullptr;
  return Ref<T>(object);
}

Ref<ec_public_key> public_key(Library& library, const Key32& key);
Ref<ec_key_pair> key_pair(Library& library, const SecretKey32& priv);
/// Nothing for a null pointer.
std::optional<Key32> raw(const ec_public_key* key);

/// What a negative result of an operation means to us. What a message looks like is checked before the operation, so
/// that anything unexpected here is a message that does not decrypt.
Errc errc_of(int result) noexcept;

}  // namespace linekeeper::transport::signal
