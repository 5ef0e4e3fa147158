// A server's view of a new connection: the intro, then frames, in pieces of a size that the input chooses.
// However it was cut, the outcome is the same.
#include <algorithm>
#include <optional>
#include <vector>

#include "fuzz.hpp"
#include "linekeeper/noise/frame.hpp"
#include "linekeeper/noise/intro.hpp"

namespace linekeeper {
namespace {

struct Outcome {
  bool intro_done = false;
  Bytes routing;
  std::vector<Bytes> frames;
  error_code failure;
  bool operator==(const Outcome&) const = default;
};

Outcome read(ByteView stream, std::size_t piece) {
  Outcome out;
  transport::IntroReader intro(1024);
  transport::FrameReader frames(4096);
  while (!stream.empty() && !out.failure) {
    ByteView part = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(part.size());
    if (!intro.done()) {
      const auto taken = intro.push(part);
      if (!taken) {
        out.failure = taken.error();
        break;
      }
      fuzz::must(*taken <= part.size(), "the intro takes no more than there is");
      fuzz::must(intro.done() || *taken == part.size(), "an unfinished intro takes everything");
      part = part.subspan(*taken);
    }
    if (part.empty()) continue;
    frames.push(part);
    auto next = frames.next();
    for (; next && *next; next = frames.next()) {
      fuzz::must((*next)->size() <= 4096, "no frame beyond the cap");
      out.frames.push_back(std::move(**next));
    }
    if (!next) out.failure = next.error();
  }
  out.intro_done = intro.done();
  if (out.intro_done) out.routing = intro.routing_info();
  return out;
}

}  // namespace
}  // namespace linekeeper

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linekeeper;
  ByteView input(data, size);
  const std::size_t piece = 1 + fuzz::choose(input, 64);
  fuzz::must(read(input, piece) == read(input, std::max<std::size_t>(input.size(), 1)), "pieces do not matter");
  return 0;
}
