#pragma once

#include <string>
#include <string_view>

namespace linekeeper::wire {
class Message;
}

namespace linekeeper::transport::message {

/// What a decrypted message is, in the words of events.
struct Content {
  /// `text`, `image`, `video`, `gif`, `video_note`, `audio`, `voice`, `document`, `sticker`, `sticker_pack`,
  /// `location`, `live_location`, `contact`, `contacts`, `reaction`, `poll`, `poll_vote`, `group_invite`, `event`,
  /// `album`, `comment`, `interactive`, `order`, `product`, `pin`, `keep`, `edit`, `revoke`, `disappearing`, `call`,
  /// `encrypted_addon`, `placeholder`; `protocol` for messages between devices; `none` for keys without content;
  /// `unsupported` otherwise.
  std::string_view type;
  /// The text, caption, emoji, poll question or shared name. Always valid UTF-8.
  std::string text;
  /// For `edit`, `revoke`, `reaction`: the message that is meant.
  std::string target_id;

  /// Whether a person should hear of it; false for `protocol` and `none`.
  bool for_people() const noexcept { return type != "protocol" && type != "none"; }
};

/// The message inside all wrappers that only say how to show it (view once, disappearing, caption, edited, …). Follows
/// a bounded number of them. The reference lives as long as `message`.
const wire::Message& innermost(const wire::Message& message) noexcept;

/// Looks through wrappers and names what it finds.
Content content_of(const wire::Message& message);

}  // namespace linekeeper::transport::message
