#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "admin_api.hpp"
#include "admin_json.hpp"
#include "code_desk.hpp"
#include "linekeeper/pairing/link_code.hpp"
#include "notices.hpp"
#include "pairing_desk.hpp"
#include "phone.hpp"
#include "views.hpp"

namespace linekeeper::sandbox {

using nlohmann::json;

namespace {

unsigned status_of(LinkError error) {
  switch (error) {
    case LinkError::none: return 200;
    case LinkError::malformed_qr:
    case LinkError::malformed_code: return 400;
    case LinkError::unknown_ref:
    case LinkError::unknown_code: return 404;
    case LinkError::wrong_keys:
    case LinkError::busy:
    case LinkError::too_many:
    case LinkError::refreshed: return 409;
  }
  return 500;
}

http::Response outcome(const LinkOffer& offer) {
  if (offer.error != LinkError::none) return refuse(status_of(offer.error), std::string(describe(offer.error)));
  json out{{"phone", offer.account->number()}, {"jid", offer.account->pn.str()}, {"lid", offer.account->lid.str()}};
  if (offer.device != 0) out["device"] = offer.device;
  return answer_json(out);
}

Account* phone_named(Core& core, std::string_view number) {
  const auto digits = normal_number(number);
  return digits ? core.directory.by_number(*digits) : nullptr;
}

/// The phone with this number, made if need be. Null if it is no number.
Account* phone_for(Core& core, std::string_view number) {
  Account* account = phone_named(core, number);
  if (account != nullptr) return account;
  account = core.directory.create(std::string(number));
  if (account != nullptr) account->push_name = "Phone " + account->number();
  return account;
}

constexpr const char* kNoPhone = "there is no such phone; POST /admin/phones makes one";
constexpr const char* kNoNumber = "a phone number has 7 to 15 digits and starts with the country code";

awaitable<PhoneHalf> compute_half(transport::LinkCode code, transport::WrappedKey wrapped) {
  co_return answer_code(code, wrapped);
}

}  // namespace

awaitable<http::Response> AdminApi::scan(Call call) {
  Account* phone = nullptr;
  if (const auto number = call.request.parameter("phone")) {
    phone = phone_for(core(), *number);
    if (phone == nullptr) co_return refuse(400, kNoNumber);
  }
  std::string_view text = call.request.body;
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.remove_suffix(1);
  co_return outcome(scan_qr(core(), text, phone));
}

awaitable<http::Response> AdminApi::enter(Call call) {
  const auto body = object_of(call.request);
  if (!body) co_return refuse(400, R"(the body must be an object like {"code": "ABCD-1234"})");
  auto code = transport::normalize_link_code(text_of(*body, "code").value_or(""));
  if (!code) co_return outcome({LinkError::malformed_code});
  Account* phone = nullptr;
  if (const auto number = text_of(*body, "phone")) {
    phone = phone_named(core(), *number);
    if (phone == nullptr) co_return refuse(404, kNoPhone);
  }
  const auto request = find_code_request(core(), phone);
  if (!request) co_return outcome({LinkError::unknown_code});
  auto half = co_await boost::asio::co_spawn(slow_, compute_half(std::move(*code), request->wrapped_companion),
                                             boost::asio::use_awaitable);
  co_return outcome(enter_code(core(), *request, std::move(half)));
}

awaitable<http::Response> AdminApi::list_phones(Call) {
  json phones = json::array();
  for (const auto& account : core().directory.all())
    phones.push_back(view(*account));
  co_return answer_json({{"phones", phones}});
}

awaitable<http::Response> AdminApi::create_phone(Call call) {
  const auto body = object_of(call.request);
  if (!body) co_return refuse(400, R"(the body must be an object like {"phone": "491701234567", "name": "Ada"})");
  const auto number = text_of(*body, "phone");
  Account* account = nullptr;
  if (number) {
    if (!normal_number(*number)) co_return refuse(400, kNoNumber);
    account = core().directory.create(*number);
    if (account == nullptr) co_return refuse(409, "this phone exists already");
  } else {
    account = &core().directory.create();
  }
  account->push_name = text_of(*body, "name").value_or("Phone " + account->number());
  if (const auto it = body->find("restricted"); it != body->end()) account->restricted = *it == true;
  co_return answer_json(view(*account), 201);
}

awaitable<http::Response> AdminApi::show_phone(Call call) {
  const Account* account = phone_named(core(), call.path[0]);
  if (account == nullptr) co_return refuse(404, kNoPhone);
  co_return answer_json(view(*account));
}

awaitable<http::Response> AdminApi::send_text(Call call) {
  Account* account = phone_named(core(), call.path[0]);
  if (account == nullptr) co_return refuse(404, kNoPhone);
  const auto body = object_of(call.request);
  const auto to = body ? text_of(*body, "to") : std::nullopt;
  const auto text = body ? text_of(*body, "text") : std::nullopt;
  if (!to || !text) co_return refuse(400, R"(the body must be an object like {"to": "491701234567", "text": "hello"})");
  std::optional<Jid> jid;
  if (to->find('@') != std::string::npos) {
    jid = Jid::parse(*to);
  } else if (const auto digits = normal_number(*to)) {
    jid = Jid{*digits, Server::pn};
  }
  if (!jid || core().directory.find(*jid) == nullptr) co_return refuse(404, "nobody here has the address in 'to'");
  co_return answer_json({{"id", account->phone->send_text(core(), *jid, *text)}});
}

awaitable<http::Response> AdminApi::show_messages(Call call) {
  const Account* account = phone_named(core(), call.path[0]);
  if (account == nullptr) co_return refuse(404, kNoPhone);
  const auto filter = condition_of(call.request);
  if (!filter) co_return refuse(400, "'since' must be a number");
  json messages = json::array();
  for (const Mail& mail : account->phone->inbox())
    if (mail.number > filter->since) messages.push_back(view(mail));
  co_return answer_json({{"messages", messages}, {"undecryptable", account->phone->undecryptable()}});
}

awaitable<http::Response> AdminApi::show_sent(Call call) {
  const Account* account = phone_named(core(), call.path[0]);
  if (account == nullptr) co_return refuse(404, kNoPhone);
  json messages = json::array();
  for (const SentMail& mail : account->phone->sent())
    messages.push_back(view(mail));
  co_return answer_json({{"messages", messages}});
}

awaitable<http::Response> AdminApi::read_all(Call call) {
  Account* account = phone_named(core(), call.path[0]);
  if (account == nullptr) co_return refuse(404, kNoPhone);
  co_return answer_json({{"read", account->phone->read_all(core())}});
}

awaitable<http::Response> AdminApi::remove(Call call) {
  Account* account = phone_named(core(), call.path[0]);
  if (account == nullptr) co_return refuse(404, kNoPhone);
  const int id = std::atoi(call.path[1].c_str());
  if (id < 1 || id > 0xffff || !remove_device(core(), *account, static_cast<std::uint16_t>(id)))
    co_return refuse(404, "this phone has no such linked device");
  co_return answer_json(view(*account));
}

}  // namespace linekeeper::sandbox
