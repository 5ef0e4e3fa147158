#include "stream_end.hpp"

#include <algorithm>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/node/utf8.hpp"

namespace linekeeper::transport {
namespace {

constexpr std::size_t kMaxUserText = 1024;

/// Words of the server's, fit for a line of text: UTF-8 without control characters, at most so long, cut between
/// characters.
std::string user_text(std::string header, const std::string& subtext) {
  if (!header.empty() && !subtext.empty()) header += ": ";
  std::string text = scrub_utf8(std::move(header) + subtext);
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  // The second block of controls, U+0080 to U+009F, takes two bytes.
  for (std::size_t at = 0; (at = text.find('\xc2', at)) != std::string::npos;) {
    const bool control = static_cast<unsigned char>(text[at + 1]) < 0xa0;
    if (control) text.replace(at, 2, " ");
    at += control ? 1 : 2;
  }
  if (text.size() <= kMaxUserText) return text;
  std::size_t end = kMaxUserText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U)
    --end;
  text.resize(end);
  return text;
}

int small(std::optional<std::uint64_t> number) {
  return number && *number < 10'000 ? static_cast<int>(*number) : 0;
}

std::optional<std::chrono::seconds> seconds(std::optional<std::uint64_t> number) {
  // A year is for ever; a larger number is a mistake of the server's or worse.
  if (!number) return std::nullopt;
  return std::chrono::seconds(std::min<std::uint64_t>(*number, 365ULL * 24 * 3600));
}

}  // namespace

LineEnd make_end(EndReason reason, std::string detail, int code) {
  LineEnd end;
  end.reason = reason;
  end.detail = std::move(detail);
  end.code = code;
  return end;
}

// failure: 400 generic, 401 unknown device, 402 temporary ban, 403 locked, 405 outdated, 406 banned, 409 user agent,
// 413/414 Messenger tokens, 415 not found, 418 unknown client, 500/503 trouble, 501 experimental.
LineEnd end_of_failure(const Node& failure) {
  const int reason = small(failure.number("reason"));
  switch (reason) {
    case 401: return make_end(EndReason::logged_out, "login_refused", reason);
    case 402: {
      LineEnd end = make_end(EndReason::banned, "temporary", reason);
      end.retry_after = seconds(failure.number("expire"));
      if (const int code = small(failure.number("code")); code != 0) end.code = code;
      return end;
    }
    case 403: {
      LineEnd end = make_end(EndReason::account_locked, {}, reason);
      end.user_text = user_text(failure.attr("logout_message_header").value_or(""),
                                failure.attr("logout_message_subtext").value_or(""));
      return end;
    }
    case 405: return make_end(EndReason::client_outdated, {}, reason);
    case 406: return make_end(EndReason::banned, {}, reason);
    case 409: return make_end(EndReason::client_outdated, "user_agent", reason);
    case 413:
    case 414: return make_end(EndReason::connect_refused, "token", reason);
    case 429: return make_end(EndReason::rate_limited, {}, reason);
    case 500:
    case 503: return make_end(EndReason::service_unavailable, {}, reason);
    default: return make_end(EndReason::connect_refused, {}, reason);
  }
}

std::optional<LineEnd> end_of_stream_error(const Node& error) {
  const int code = small(error.number("code"));
  // The conflict decides before the code, as in the official client: what is not `replaced` is a removal.
  if (const Node* conflict = error.child("conflict")) {
    if (conflict->attr_is("type", "replaced")) return make_end(EndReason::conflict, "replaced", code);
    return make_end(EndReason::logged_out, "device_removed", code);
  }
  if (error.child("xml-not-well-formed") != nullptr) return make_end(EndReason::stream_desync, "not_well_formed", code);
  if (error.child("bad-mac") != nullptr) return make_end(EndReason::stream_desync, "bad_mac", code);
  if (error.child("ack") != nullptr) return std::nullopt;
  switch (code) {
    case 401: return make_end(EndReason::logged_out, {}, code);
    case 409:
    case 440: return make_end(EndReason::conflict, "replaced", code);
    case 429: {
      LineEnd end = make_end(EndReason::rate_limited, {}, code);
      end.retry_after = std::chrono::minutes(5);
      return end;
    }
    case 515: return make_end(EndReason::restart_required, {}, code);
    case 516: return make_end(EndReason::logged_out, "forced", code);
    default: break;
  }
  if (code >= 500 && code < 600) return make_end(EndReason::service_unavailable, {}, code);
  return std::nullopt;
}

std::optional<std::string> ack_asked_for(const Node& error) {
  const Node* ack = error.child("ack");
  return ack == nullptr ? std::nullopt : ack->attr("id");
}

LineEnd end_of_connect(error_code why, int http_status) {
  LineEnd end = make_end(EndReason::network, "connect");
  if (http_status == 403 || http_status == 429) {
    end = make_end(EndReason::rate_limited, "upgrade", http_status);
    end.retry_after = std::chrono::minutes(5);
  } else if (http_status >= 500) {
    end = make_end(EndReason::service_unavailable, "upgrade", http_status);
  } else if (http_status >= 400) {
    end = make_end(EndReason::connect_refused, "upgrade", http_status);
  } else if (why == Errc::tls_failed) {
    end = make_end(EndReason::network, "tls");
  } else if (why == Errc::timed_out) {
    end = make_end(EndReason::network, "connect_timeout");
  }
  end.cause = why;
  return end;
}

LineEnd end_of_handshake(error_code why) {
  LineEnd end = make_end(EndReason::network, "handshake");
  if (why == Errc::certificate_invalid) {
    end = make_end(EndReason::certificate_invalid);
  } else if (why == Errc::timed_out) {
    end = make_end(EndReason::network, "handshake_timeout");
  } else if (why != Errc::connection_lost && why != Errc::cancelled) {
    end = make_end(EndReason::stream_desync, "handshake");
  }
  end.cause = why;
  return end;
}

LineEnd end_of_stream(error_code why) {
  LineEnd end = make_end(EndReason::network, "closed");
  if (why == Errc::timed_out) {
    end = make_end(EndReason::network, "silent");
  } else if (why != Errc::connection_lost && why != Errc::cancelled) {
    end = make_end(EndReason::stream_desync, "frame");
  }
  end.cause = why;
  return end;
}

LineEnd end_of_pairing_iq(int code, bool valid_number) {
  switch (code) {
    case 400: return make_end(valid_number ? EndReason::bad_request : EndReason::invalid_phone, {}, code);
    case 403: return make_end(EndReason::forbidden, {}, code);
    case 429: {
      LineEnd end = make_end(EndReason::rate_limited, "pairing_code", code);
      end.retry_after = std::chrono::minutes(30);
      return end;
    }
    case 452: return make_end(EndReason::feature_unavailable, {}, code);
    default: break;
  }
  if (code >= 500) return make_end(EndReason::service_unavailable, "pairing_code", code);
  return make_end(EndReason::bad_request, {}, code);
}

}  // namespace linekeeper::transport
