#include "inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::transport {
namespace {

struct End {
  void operator()(z_stream* z) const noexcept { inflateEnd(z); }
};

}  // namespace

Result<Bytes> inflate(ByteView packed, std::size_t most) {
  if (packed.empty() || packed.size() > std::numeric_limits<uInt>::max()) return Errc::malformed_node;
  z_stream z{};
  if (inflateInit(&z) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, End> owner(&z);

  z.next_in = const_cast<Bytef*>(packed.data());
  z.avail_in = static_cast<uInt>(packed.size());
  Bytes out;
  // One byte beyond the bound is enough to see that it was passed.
  const std::size_t ceiling = most + 1;
  // Room grows as the stream proves that it has content, so that a few bytes cannot claim the whole bound.
  std::size_t room = std::min(ceiling, std::max<std::size_t>(4096, packed.size() * 4));
  for (;;) {
    const std::size_t done = out.size();
    out.resize(room);
    z.next_out = out.data() + done;
    z.avail_out = static_cast<uInt>(room - done);
    const int rc = ::inflate(&z, Z_NO_FLUSH);
    out.resize(room - z.avail_out);
    if (rc == Z_STREAM_END) break;
    if (rc != Z_OK || z.avail_out != 0 || room == ceiling) return Errc::malformed_node;
    room = std::min(ceiling, room * 2);
  }
  if (z.avail_in != 0 || out.size() > most) return Errc::malformed_node;
  return out;
}

}  // namespace linekeeper::transport
