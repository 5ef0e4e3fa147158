#include "linekeeper/signal/random.hpp"

#include "linekeeper/crypto/random.hpp"
#include "random_source.hpp"

namespace linekeeper::transport::signal {
namespace {

thread_local const ScopedRandom::Source* present = nullptr;

}  // namespace

void fill_from_present_source(std::span<std::uint8_t> out) {
  if (present != nullptr)
    (*present)(out);
  else
    crypto::fill_random(out);
}

ScopedRandom::ScopedRandom(Source source) : source_(std::move(source)), previous_(present) {
  present = &source_;
}

ScopedRandom::~ScopedRandom() {
  present = previous_;
}

}  // namespace linekeeper::transport::signal
