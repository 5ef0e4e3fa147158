#include "iq.hpp"

#include <map>
#include <string>

#include "code_desk.hpp"

namespace linekeeper::sandbox {

namespace {

/// By xmlns and type, separated by a blank.
const std::map<std::string, IqHandler, std::less<>>& handlers() {
  static const std::map<std::string, IqHandler, std::less<>> table{
      {"encrypt get", iq_encrypt_get},
      {"encrypt set", iq_encrypt_set},
      {"usync get", iq_usync},
      {"passive set", iq_passive},
      {"w:p get", iq_ping},
      {"urn:xmpp:ping get", iq_ping},
      {"abt get", iq_properties},
      {"w get", iq_properties},
      {"privacy get", iq_privacy_get},
      {"privacy set", iq_privacy_set},
      {"blocklist get", iq_blocklist_get},
      {"blocklist set", iq_blocklist_set},
      {"disappearing_mode get", iq_disappearing_get},
      {"disappearing_mode set", iq_disappearing_set},
      {"urn:xmpp:whatsapp:dirty set", iq_empty},
      {"w:stats set", iq_empty},
      {"w:sync:app:state set", iq_app_state},
      {"w:m set", iq_media_connection},
      {"w:profile:picture get", iq_picture_get},
      {"status get", iq_status_get},
      {"status set", iq_status_set},
      {"md set", iq_devices},
      {"w:g2 get", iq_groups_get},
      {"w:g2 set", iq_groups_set},
      {"w:mex get", iq_mex},
  };
  return table;
}

Node dispatch(IqRequest& request) {
  const auto at = handlers().find(request.iq.attr("xmlns").value_or("") + " " + request.iq.attr("type").value_or(""));
  if (at != handlers().end()) return at->second(request);
  ++request.core.counters.unknown_iqs;
  return request.error(501);
}

bool is_answer(const Node& iq) {
  return iq.attr_is("type", "result") || iq.attr_is("type", "error");
}

}  // namespace

void answer_iq(Core& core, Line& line, const Node& iq) {
  if (is_answer(iq)) return;  // to a request of ours, which wanted no more than that
  Device& device = *line.device;
  std::optional<Fault> fault;
  if (!core.faults.all().empty())
    fault = core.faults.take("iq", Core::subject(line), "xmlns", iq.attr("xmlns").value_or(""));
  if (fault && fault->text("lost") == "on") return;

  IqRequest request{core, line, device, iq, {}};
  const auto code = fault ? fault->number("code") : std::nullopt;
  Node answer = code ? iq_error(iq, static_cast<unsigned>(*code)) : dispatch(request);
  answer.with("to", device.account.pn.with_device(device.id));
  if (const auto delay = fault ? fault->number("delay-ms") : std::nullopt) {
    const std::chrono::milliseconds wait(*delay);
    core.send_later(line, std::move(answer), wait);
    if (request.after)
      core.timers.at(core.clock_ms() + wait, [&core, id = line.id, after = std::move(request.after)] {
        const Line* still = core.line(id);
        if (still != nullptr && still->device != nullptr) after();
      });
    return;
  }
  core.send(line, answer);
  if (request.after) request.after();
}

void answer_registration_iq(Core& core, Line& line, const Node& iq) {
  if (is_answer(iq)) return;
  const std::string xmlns = iq.attr("xmlns").value_or("");
  if (xmlns == "md" && iq.child("link_code_companion_reg") != nullptr) {
    const Node answer = on_link_code(core, line, iq);
    if (!answer.tag.empty()) core.send(line, answer);
    return;
  }
  if (xmlns == "w:p" || xmlns == "urn:xmpp:ping") return core.send(line, iq_result(iq).with("t", core.now()));
  ++core.counters.unknown_iqs;
  core.send(line, iq_error(iq, 501));
}

}  // namespace linekeeper::sandbox
