#include "sandbox.hpp"

#include "iq.hpp"
#include "linekeeper/pairing/client_payload.hpp"
#include "pairing_desk.hpp"
#include "presence.hpp"
#include "receipts.hpp"
#include "router.hpp"

namespace linekeeper::sandbox {

void Sandbox::opened(ConnectionId id, const Key32& client_key, ByteView payload) {
  ++core.counters.connections;
  Line& line = core.lines[id];
  line.id = id;
  line.since_ms = core.clock_ms().count();
  line.journal = Journal(core.settings.journal_limit);

  const auto hello = transport::parse_client_payload(payload);
  if (!hello) {
    ++core.counters.malformed;
    return refuse(line, 400);
  }
  if (const auto* login = std::get_if<transport::LoginRequest>(&hello->request))
    return log_in(line, login->user, login->device, client_key, hello->push_name);

  const auto& request = std::get<transport::RegistrationRequest>(hello->request);
  Registration registration;
  registration.noise_key = client_key;
  registration.keys.registration_id = request.registration_id;
  registration.keys.identity = request.identity;
  registration.keys.signed_key = {request.signed_prekey_id, request.signed_prekey, request.signed_prekey_signature};
  registration.push_name = hello->push_name;
  registration.system = request.device_name;
  greet_registration(core, line, std::move(registration));
}

void Sandbox::refuse(Line& line, unsigned reason, const Node* details) {
  ++core.counters.logins_refused;
  Node failure("failure");
  failure.with("reason", reason);
  if (details != nullptr) failure.attrs.insert(failure.attrs.end(), details->attrs.begin(), details->attrs.end());
  failure.with("location", "sandbox");
  core.end(line, failure);
}

void Sandbox::log_in(Line& line, const std::string& number, std::uint16_t device_id, const Key32& client_key,
                     const std::string& push_name) {
  const Subject subject{line.id, number, device_id};
  Account* account = core.directory.by_number(number);
  if (account != nullptr) ++account->login_attempts;
  if (!core.faults.all().empty()) {
    if (const auto fault = core.faults.take("login-failure", subject)) {
      Node details("failure");
      details.with_optional("code", fault->number("ban-code")).with_optional("expire", fault->number("expire"));
      for (const char* part : {"header", "subtext"})
        if (fault->parameters.contains(part)) details.with(std::string("logout_message_") + part, fault->text(part));
      return refuse(line, static_cast<unsigned>(fault->number("code").value_or(500)), &details);
    }
    if (const auto fault = core.faults.take("login-stream-error", subject))
      return core.end(line, stream_error(static_cast<unsigned>(fault->number("code").value_or(515))));
  }
  Device* device = account == nullptr ? nullptr : account->device(device_id);
  if (device == nullptr || !equal_constant_time(device->noise_key, client_key)) return refuse(line, 401);

  // One live connection per device: the old one is told and closed before the new one hears anything.
  if (device->line != nullptr) {
    ++core.counters.conflicts;
    ++device->counters.replaced;
    device->stays.end(core.clock_ms().count(), true);
    core.end(*device->line, conflict_error("replaced"));
  }
  line.device = device;
  line.stage = Line::Stage::passive;
  device->line = &line;
  device->stays.begin(core.clock_ms().count());
  ++device->counters.logins;
  ++core.counters.logins;
  if (!push_name.empty()) device->name = push_name;

  core.send(line, Node("success").with("t", core.now()).with("lid", account->lid.with_device(device_id)));
}

void Sandbox::received(ConnectionId id, const Node& stanza) {
  Line* line = core.line(id);
  if (line == nullptr || line->stage == Line::Stage::ending) return;
  ++line->stanzas_in;
  core.note(*line, true, stanza);
  if (!core.faults.all().empty()) {
    if (const auto drop = core.faults.count_stanza(Core::subject(*line), true)) {
      core.wire.cut(id);
      return;
    }
  }
  if (line->registration) {
    if (stanza.tag == "iq" && !on_link_answer(core, *line, stanza)) answer_registration_iq(core, *line, stanza);
    return;
  }
  Device& device = *line->device;
  if (stanza.tag == "iq") return answer_iq(core, *line, stanza);
  if (stanza.tag == "message") return route_message(core, device, stanza);
  if (stanza.tag == "receipt") return route_receipt(core, device, stanza);
  if (stanza.tag == "ack") return on_ack(device, stanza);
  if (stanza.tag == "presence") return on_presence(core, device, stanza);
  if (stanza.tag == "chatstate") return on_chatstate(core, device, stanza);
  // `ib`, `xmlstreamend` and what nobody knows need no answer.
}

void Sandbox::closed(ConnectionId id) {
  Line* line = core.line(id);
  if (line == nullptr) return;
  abandon_link(core, *line);
  core.detach(*line);
  core.lines.erase(id);
}

}  // namespace linekeeper::sandbox
