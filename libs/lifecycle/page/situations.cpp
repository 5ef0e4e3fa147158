#include "situations.hpp"

namespace linekeeper::lifecycle {
namespace {

using namespace std::chrono_literals;

/// Makes every random wait its longest: less than this is jitter.
constexpr std::uint64_t kLongest = 1000;

Stored stored(v1::LineStatus status, bool registered, v1::ErrorCode code = v1::ERROR_CODE_UNSPECIFIED) {
  Stored value;
  value.status = status;
  value.registered = registered;
  value.code = code;
  return value;
}

void held(Lifecycle& line) {
  line.on_held(kPageTime);
}
void pair(Lifecycle& line) {
  line.on_pair({}, kPageTime);
}
void shown(Lifecycle& line) {
  line.on_pairing_live(kPageTime);
}
void logged_in(Lifecycle& line) {
  line.on_logged_in(kPageTime);
}
void synced(Lifecycle& line) {
  line.on_synced(kPageTime);
}
void disconnect(Lifecycle& line) {
  line.on_disconnect(kPageTime);
}
std::function<void(Lifecycle&)> ended(Signal signal) {
  return [signal](Lifecycle& line) { line.on_ended(ending_for(signal), kPageTime, kLongest); };
}

}  // namespace

std::vector<Situation> situations() {
  const Stored fresh;
  const Stored paired = stored(v1::LINE_STATUS_CONNECTED, true);
  return {
      {"NEEDS_PAIRING", fresh, {held}},
      {"NEEDS_PAIRING, asking for a QR or code", fresh, {held, pair}},
      {"PAIRING", fresh, {held, pair, shown}},
      {"CONNECTING", paired, {held}},
      {"SYNCING", paired, {held, logged_in}},
      {"CONNECTED", paired, {held, logged_in, synced}},
      {"DISCONNECTED", paired, {held, ended(Signal::network)}},
      {"STOPPED, with credentials", paired, {held, disconnect}},
      {"STOPPED, without", fresh, {held, disconnect}},
      {"LOGGED_OUT", paired, {held, ended(Signal::device_removed)}},
      {"ACCOUNT_LOCKED", paired, {held, ended(Signal::account_locked)}},
      {"CONFLICT", paired, {held, ended(Signal::replaced)}},
      {"BANNED, for good", paired, {held, ended(Signal::banned)}},
      {"BANNED, for a time", paired, {held, ended(Signal::temporarily_banned)}},
      {"CLIENT_OUTDATED", paired, {held, ended(Signal::client_outdated)}},
  };
}

Lifecycle in(const Situation& situation, Lifecycle::Settings settings) {
  if (settings.version.empty()) settings.version = "2.3000.1";
  Lifecycle line(std::move(settings), situation.stored);
  for (const auto& step : situation.way)
    step(line);
  return line;
}

std::vector<Input> commands() {
  return {
      {"pair", [](Lifecycle& line) { return line.on_pair({1, 20s}, kPageTime); }},
      {"connect", [](Lifecycle& line) { return line.on_connect(kPageTime); }},
      {"disconnect", [](Lifecycle& line) { return line.on_disconnect(kPageTime); }},
      {"logout", [](Lifecycle& line) { return line.on_logged_out_by_us(kPageTime); }},
      {"reset", [](Lifecycle& line) { return line.on_reset(kPageTime); }},
      {"pair for another number", [](Lifecycle& line) { return line.on_other_number_removed(kPageTime); }},
      {"number taken over", [](Lifecycle& line) { return line.on_number_taken(kPageTime); }},
      {"new `whatsapp-version`", [](Lifecycle& line) { return line.on_new_version("2.3000.2", kPageTime); }},
  };
}

std::vector<Input> steps() {
  return {
      {"QR or code shown", [](Lifecycle& line) { return line.on_pairing_live(kPageTime); }},
      {"credentials stored", [](Lifecycle& line) { return line.on_paired(kPageTime); }},
      {"logged in", [](Lifecycle& line) { return line.on_logged_in(kPageTime); }},
      {"queue worked off", [](Lifecycle& line) { return line.on_synced(kPageTime); }},
      {"timer", [](Lifecycle& line) { return line.on_due(line.next_retry_at().value_or(kPageTime)); }},
      {"lease lost", [](Lifecycle& line) { return line.on_lost(); }},
  };
}

Ending ending_for(Signal signal) {
  Ending ending;
  ending.signal = signal;
  if (signal == Signal::temporarily_banned) ending.wait = 1h;
  if (signal == Signal::pairing_rate_limited) ending.wait = 30min;
  return ending;
}

std::vector<Input> signals() {
  std::vector<Input> all;
  for (int value = 0; value <= static_cast<int>(kLastSignal); ++value) {
    const auto signal = static_cast<Signal>(value);
    all.push_back({std::string(words(signal)),
                   [signal](Lifecycle& line) { return line.on_ended(ending_for(signal), kPageTime, kLongest); }});
  }
  return all;
}

std::string_view words(Signal signal) noexcept {
  switch (signal) {
    case Signal::restart_required: return "stream error 515";
    case Signal::device_removed: return "conflict `device_removed`, stream error 401 or 516";
    case Signal::replaced: return "conflict `replaced`, stream error 409 or 440";
    case Signal::service_unavailable: return "failure 500 or 503, stream error 5xx, HTTP 5xx on the upgrade";
    case Signal::rate_limited: return "stream error 429, HTTP 403 or 429 on the upgrade";
    case Signal::unacknowledged: return "stream error `ack`, then closed";
    case Signal::stream_desync: return "`xml-not-well-formed`, `bad-mac`, a frame that does not open";
    case Signal::network: return "closed, reset, silent, name not found, TLS trouble";
    case Signal::upgrade_refused: return "another HTTP 4xx on the upgrade";
    case Signal::certificate_invalid: return "the server's certificate chain does not verify";
    case Signal::unauthorized: return "failure 401";
    case Signal::account_locked: return "failure 403";
    case Signal::banned: return "failure 406";
    case Signal::temporarily_banned: return "failure 402";
    case Signal::client_outdated: return "failure 405";
    case Signal::bad_user_agent: return "failure 409";
    case Signal::token_refused: return "failure 413 or 414";
    case Signal::login_refused: return "failure 400, 415, 418, 501 or unknown";
    case Signal::primary_reinstalled: return "the phone's own identity changed";
    case Signal::number_mismatch: return "a link to another number than asked for, or to one that is claimed";
    case Signal::credentials_corrupt: return "stored keys that do not fit together";
    case Signal::refs_used_up: return "all QR codes shown, none scanned";
    case Signal::pairing_timed_out: return "no `pair-device`, no answer to a hello, a code that died";
    case Signal::pairing_failed: return "the phone's answer does not verify";
    case Signal::passkey_required: return "`passkey_prologue_request`";
    case Signal::invalid_phone: return "hello refused: the number";
    case Signal::bad_request: return "hello refused: 400";
    case Signal::forbidden: return "hello refused: 403";
    case Signal::feature_unavailable: return "hello refused: 452";
    case Signal::pairing_rate_limited: return "hello refused: 429";
    case Signal::closed_by_us: return "closed by us";
    case Signal::store_failed: return "the store did not take a commit";
  }
  return "";
}

}  // namespace linekeeper::lifecycle
