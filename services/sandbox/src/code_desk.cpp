#include "code_desk.hpp"

#include "linekeeper/crypto/random.hpp"
#include "linekeeper/pairing/link_code_stanzas.hpp"
#include "linekeeper/pairing/phone_number.hpp"
#include "phone.hpp"
#include "stanza.hpp"

namespace linekeeper::sandbox {

namespace {

/// `Browser (OS)`: the real server refuses other texts.
bool is_platform_display(std::string_view display) noexcept {
  const auto open = display.find(" (");
  return open != std::string_view::npos && open > 0 && display.size() > open + 3 && display.back() == ')';
}

bool is_alive(const Core& core, const CodeRequest& code) {
  return core.clock_ms().count() - code.made_ms < kCodeLifetime.count();
}

Node on_hello(Core& core, Line& line, const Node& iq) {
  if (!core.faults.all().empty())
    if (const auto fault = core.faults.take("link-code", {line.id, {}, -1}))
      return fault->text("lost") == "on" ? Node()
                                         : iq_error(iq, static_cast<unsigned>(fault->number("code").value_or(429)));
  const auto hello = transport::parse_companion_hello(iq);
  if (!hello || !is_platform_display(hello->platform_display)) return iq_error(iq, 400);
  if (hello->noise != line.registration->noise_key) return iq_error(iq, 400);
  const auto number = transport::normalize_phone(hello->phone);
  if (!number) return iq_error(iq, 400);
  Account* account = core.directory.by_number(*number);
  if (account == nullptr) {
    // The sandbox has a phone for everybody: a code asked for an unknown number brings that phone into being.
    account = core.directory.create(*number);
    account->push_name = "Phone " + *number;
  }
  CodeRequest code;
  code.ref = "3@" + to_base64(crypto::random_bytes(24));
  code.account = account;
  code.wrapped_ephemeral = hello->wrapped_ephemeral;
  code.display = hello->platform_display;
  code.made_ms = core.clock_ms().count();
  line.registration->code = code;
  core.code_requests[account].push_back(line.id);
  return transport::companion_hello_result(iq, as_bytes(code.ref));
}

Node on_finish(Core& core, Line& line, const Node& iq) {
  const auto finish = transport::parse_companion_finish(iq);
  auto& code = line.registration->code;
  if (!finish) return iq_error(iq, 400);
  if (!code || !code->phone_ephemeral || !is_alive(core, *code) || as_text(finish->ref) != code->ref)
    return iq_error(iq, 404);
  if (finish->companion_identity != line.registration->keys.identity) return iq_error(iq, 400);
  const auto secret =
      transport::finish_as_primary(*code->phone_ephemeral, code->companion_ephemeral, code->account->phone->key(),
                                   finish->companion_identity, finish->bundle);
  // The person typed another code than the companion showed. The request stays: they may type again.
  if (!secret) return iq_error(iq, 401);
  core.send(line, iq_result(iq));
  Account& account = *code->account;
  code.reset();
  offer_link(core, line, account, *secret);
  return Node();
}

}  // namespace

Node on_link_code(Core& core, Line& line, const Node& iq) {
  switch (transport::link_stage(iq)) {
    case transport::LinkStage::companion_hello: return on_hello(core, line, iq);
    case transport::LinkStage::companion_finish: return on_finish(core, line, iq);
    default: return iq_error(iq, 400);
  }
}

std::optional<TypedCode> find_code_request(Core& core, const Account* phone) {
  std::optional<TypedCode> latest;
  std::int64_t latest_ms = -1;
  for (auto& [account, connections] : core.code_requests) {
    if (phone != nullptr && account != phone) continue;
    std::erase_if(connections, [&](ConnectionId id) {
      const Line* line = core.line(id);
      if (line == nullptr || !line->registration || !line->registration->code) return true;
      const CodeRequest& code = *line->registration->code;
      const bool asks = code.account == account && is_alive(core, code);
      if (asks && code.made_ms >= latest_ms) {
        latest_ms = code.made_ms;
        latest = TypedCode{id, code.ref, code.wrapped_ephemeral};
      }
      return !asks;
    });
  }
  std::erase_if(core.code_requests, [](const auto& entry) { return entry.second.empty(); });
  return latest;
}

PhoneHalf answer_code(const transport::LinkCode& code, const transport::WrappedKey& wrapped_companion) {
  PhoneHalf half;
  half.ephemeral = crypto::generate_key_pair();
  half.companion_ephemeral = transport::unwrap_ephemeral(code, wrapped_companion);
  half.wrapped = transport::wrap_ephemeral(code, half.ephemeral.pub);
  return half;
}

LinkOffer enter_code(Core& core, const TypedCode& request, PhoneHalf half) {
  Line* line = core.line(request.connection);
  if (line == nullptr || !line->registration || !line->registration->code) return {LinkError::unknown_code};
  CodeRequest& code = *line->registration->code;
  if (code.ref != request.ref || !is_alive(core, code)) return {LinkError::unknown_code};

  transport::PrimaryHello hello;
  hello.id = core.next_id();
  hello.wrapped_ephemeral = half.wrapped;
  hello.primary_identity = code.account->phone->key().pub;
  hello.ref = to_bytes(code.ref);
  code.companion_ephemeral = half.companion_ephemeral;
  code.phone_ephemeral = std::move(half.ephemeral);
  core.send(*line, transport::relay_link_stage(transport::primary_hello(hello), core.next_id(), core.now()));
  return {LinkError::none, code.account, 0};
}

}  // namespace linekeeper::sandbox
