#include "faults.hpp"

#include <algorithm>
#include <charconv>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::sandbox {

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds{
      {"ack",
       "acks of messages: with an error code, never, late, or with a foreign phash",
       {"code", "lost", "delay-ms", "phash"}},
      {"certificate", "the handshake shows a bad chain: expired, wrong-signer, wrong-static or corrupt", {"variant"}},
      {"corrupt-enc", "a delivered message has its ciphertext damaged", {}},
      {"drop", "the connection is cut after so many stanzas; direction in, out or both", {"after", "direction"}},
      {"drop-after-ack", "the connection is cut right after the ack of a message", {}},
      {"drop-before-ack", "the connection is cut when a message arrived and was delivered, before its ack", {}},
      {"duplicate", "a message is delivered twice", {}},
      {"handshake", "the connection is closed before the server's hello", {}},
      {"ik", "a client that resumes its handshake is led to the fallback", {}},
      {"iq",
       "requests of this xmlns: answered with an error code, never, or late",
       {"xmlns", "code", "lost", "delay-ms"}},
      {"link-code",
       "a pairing by code is refused with this error code when it is requested, or not answered",
       {"code", "lost"}},
      {"login-failure",
       "login is refused with <failure reason=code>; ban-code and expire for 402, header and subtext for 403",
       {"code", "ban-code", "expire", "header", "subtext"}},
      {"login-stream-error", "login is answered with <stream:error code>, then closed", {"code"}},
      {"media",
       "media requests are answered with this HTTP status, or a download is cut short or damaged",
       {"status", "body"}},
      {"offline",
       "the end of the offline queue is held back (hold=on) or its counts are wrong by so many",
       {"hold", "add"}},
      {"pairing",
       "a link is offered with a wrong-hmac, a wrong-signature, no-key-index, or answered with refresh",
       {"variant"}},
      {"phone", "the phone sends a fresh companion no key-share or no history", {"without"}},
      {"prekeys",
       "bundles come without one-time key (none) or as 404 (missing); counts are reported as 0 (zero)",
       {"variant"}},
      {"upgrade", "the WebSocket upgrade is answered with this HTTP status", {"status"}},
  };
  return kinds;
}

std::optional<std::uint64_t> Fault::number(std::string_view name) const {
  const auto at = parameters.find(name);
  if (at == parameters.end()) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = at->second.data() + at->second.size();
  const auto [rest, error] = std::from_chars(at->second.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::string Fault::text(std::string_view name, std::string_view fallback) const {
  const auto at = parameters.find(name);
  return at == parameters.end() ? std::string(fallback) : at->second;
}

bool Fault::matches(const Subject& subject) const noexcept {
  if (connection && *connection != subject.connection) return false;
  if (phone && *phone != subject.phone) return false;
  return !device || *device == subject.device;
}

Result<std::uint64_t> Faults::add(Fault fault, std::string& why) {
  const auto& kinds = fault_kinds();
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const FaultKind& k) { return k.name == fault.kind; });
  if (kind == kinds.end()) {
    why = "no such kind of fault: '" + fault.kind + "'";
    return Errc::invalid_argument;
  }
  for (const auto& [name, value] : fault.parameters) {
    if (std::find(kind->parameters.begin(), kind->parameters.end(), name) == kind->parameters.end()) {
      why = "'" + fault.kind + "' takes no parameter '" + name + "'";
      return Errc::invalid_argument;
    }
    const bool numeric = name == "code" || name == "delay-ms" || name == "after" || name == "expire" ||
                         name == "ban-code" || name == "status" || name == "add";
    if (numeric && !fault.number(name)) {
      why = "'" + name + "' must be a whole number";
      return Errc::invalid_argument;
    }
  }
  if (fault.times == std::uint64_t{0}) {
    why = "'times' must be at least 1; leave it out for a fault that stays";
    return Errc::invalid_argument;
  }
  fault.id = next_id_++;
  faults_.push_back(std::move(fault));
  return faults_.back().id;
}

bool Faults::remove(std::uint64_t id) {
  return std::erase_if(faults_, [id](const Fault& fault) { return fault.id == id; }) != 0;
}

std::size_t Faults::clear() {
  const std::size_t count = faults_.size();
  faults_.clear();
  return count;
}

std::optional<Fault> Faults::use(std::size_t index) {
  Fault& fault = faults_[index];
  ++fault.hits;
  Fault copy = fault;
  if (fault.times && fault.hits >= *fault.times) faults_.erase(faults_.begin() + static_cast<std::ptrdiff_t>(index));
  return copy;
}

std::optional<Fault> Faults::take(std::string_view kind, const Subject& subject) {
  for (std::size_t i = 0; i < faults_.size(); ++i)
    if (faults_[i].kind == kind && faults_[i].matches(subject)) return use(i);
  return std::nullopt;
}

std::optional<Fault> Faults::take(std::string_view kind, const Subject& subject, std::string_view parameter,
                                  std::string_view value) {
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i].kind != kind || !faults_[i].matches(subject)) continue;
    const auto at = faults_[i].parameters.find(parameter);
    if (at == faults_[i].parameters.end() || at->second == value) return use(i);
  }
  return std::nullopt;
}

std::optional<Fault> Faults::count_stanza(const Subject& subject, bool inbound) {
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    Fault& fault = faults_[i];
    if (fault.kind != "drop" || !fault.matches(subject)) continue;
    const std::string direction = fault.text("direction", "both");
    if (direction != "both" && direction != (inbound ? "in" : "out")) continue;
    const std::uint64_t after = fault.number("after").value_or(0);
    if (after > 1) {
      fault.parameters["after"] = std::to_string(after - 1);
      continue;
    }
    return use(i);
  }
  return std::nullopt;
}

}  // namespace linekeeper::sandbox
