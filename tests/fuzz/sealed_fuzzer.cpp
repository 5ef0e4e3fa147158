#include "../../libs/auth/src/line_codec.hpp"
#include "fuzz.hpp"
#include "linekeeper/auth/keys.hpp"

// Values as they come from the store. First byte: 0 whatever it holds, 1 the rest is a sealed value of ours that was
// changed, 2 it is what stands under the seal of an event, 3 of an archive.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace linekeeper;
  using namespace linekeeper::auth;
  ByteView input(data, size);
  const unsigned way = fuzz::choose(input, 4);
  static const auto ring = std::make_shared<const KeyRing>(std::vector<KeyRing::Key>{{"k1", SecretKey32(Key32{})}});
  static const Sealer sealer(ring->first(), "shop", {});
  static const RecordCodec codec(ring, "shop");
  switch (way) {
    case 0:
      (void)key_id_of(input);
      fuzz::must(!sealer.open("creds", input), "only what we sealed opens");
      fuzz::must(!sealer.open_field("creds", input), "only what we sealed opens as a field");
      fuzz::must(!sealer.open_stored("0123456789abcdef", input), "only what we sealed opens under its stored name");
      fuzz::must(!open_with(*ring, "shop", {}, "creds", input), "only what we sealed opens with a ring");
      break;
    case 1: {
      if (input.size() < 2) break;
      // The first two bytes: where, and what to change there.
      Bytes sealed = sealer.seal_field("creds", input.subspan(2));
      fuzz::must(sealer.open_field("creds", sealed).has_value(), "what we sealed opens");
      fuzz::must(!sealer.open_field("sess/1", sealed), "but not in another's place");
      if (input[1] == 0) break;
      sealed[input[0] % sealed.size()] ^= input[1];
      fuzz::must(!sealer.open_field("creds", sealed), "nor when it was changed");
      break;
    }
    case 2: {
      const std::string tag = command_tag("e1");
      (void)codec.open_event(tag, sealer.seal("event/" + tag, input));
      break;
    }
    default: {
      const auto fields = codec.open_archive(sealer.seal("archive", input));
      if (!fields) break;
      const auto again = codec.open_archive(as_bytes(codec.seal_archive(*fields)));
      fuzz::must(again && *again == *fields, "what was read is written and read the same");
      break;
    }
  }
  return 0;
}
