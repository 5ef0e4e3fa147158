#include "verbs.hpp"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "web/qr_image.hpp"

namespace linekeeper::lkctl {
namespace {

void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void say_json(const google::protobuf::Message& message) {
  say(json_text(message) + "\n");
}

/// Statuses in either spelling; false for one that is none.
bool take_statuses(const std::vector<std::string>& names, google::protobuf::RepeatedField<int>& statuses) {
  for (const std::string& name : names) {
    v1::LineStatus status = v1::LINE_STATUS_UNSPECIFIED;
    if (!v1::LineStatus_Parse(name, &status) && !v1::LineStatus_Parse("LINE_STATUS_" + name, &status)) {
      std::fprintf(stderr, "lkctl: %s is no status; CONNECTED, STOPPED, PAIRING and so on are\n", name.c_str());
      return false;
    }
    statuses.Add(status);
  }
  return true;
}

/// Asks at a terminal; elsewhere --yes has to be there.
bool confirmed(const Asked& asked, const std::string& question) {
  if (asked.yes) return true;
  if (isatty(0) == 0) {
    std::fprintf(stderr, "lkctl: nobody to ask here: repeat it with --yes\n");
    return false;
  }
  say(question + " [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

std::string key_value(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : entries)
    if (!value.empty()) rows.push_back({name, value});
  return table(rows);
}

int done(const Asked& asked, const v1::CommandResult& result) {
  if (asked.output == Output::json) {
    say_json(result);
  } else {
    say(result.session().session_id() + ": " + short_name(result.session().status()) +
        (result.has_note() ? " (" + result.note().detail() + ")" : "") + "\n");
  }
  return 0;
}

void show(const v1::PairProgress& progress, bool redraw) {
  if (progress.has_qr()) {
    if (redraw) say("\x1b[H\x1b[2J");
    say(control::qr_text(progress.qr().text()) + "Linked devices, Link a device, scan. Valid until " +
        time_text(progress.qr().expires_at()) + "; " + std::to_string(progress.qr().remaining()) + " more follow.\n");
  } else if (progress.has_code()) {
    say("Linked devices, Link with phone number instead: " + progress.code().code() + "  (until " +
        time_text(progress.code().expires_at()) + ")\n");
  } else if (progress.has_progress()) {
    say("syncing " + std::to_string(progress.progress().done()) + "/" + std::to_string(progress.progress().total()) +
        "\n");
  } else {
    say(short_name(progress.status()) +
        (progress.has_session() && !progress.session().phone_number().empty()
             ? " as " + progress.session().phone_number()
             : std::string()) +
        "\n");
  }
}

}  // namespace

int list(Client& client, const Asked& asked) {
  v1::ListSessionsRequest request;
  request.set_prefix(asked.prefix);
  request.set_page_size(500);
  if (!take_statuses(asked.statuses, *request.mutable_statuses())) return 2;
  std::vector<std::vector<std::string>> rows{session_header()};
  for (;;) {
    v1::ListSessionsResponse page;
    if (const auto failed = client.list(request, page)) return complain(*failed);
    for (const v1::Session& session : page.sessions()) {
      if (asked.output == Output::json)
        say_json(session);
      else
        rows.push_back(session_row(session));
    }
    request.set_page_token(page.next_page_token());
    if (page.next_page_token().empty()) break;
  }
  if (asked.output == Output::table) say(table(rows));
  return 0;
}

int status(Client& client, const Asked& asked) {
  v1::GetCredentialStatusRequest request;
  request.set_session_id(asked.session);
  v1::CredentialStatus answer;
  if (const auto failed = client.credentials(request, answer)) return complain(*failed);
  if (asked.output == Output::json) {
    say_json(answer);
    return 0;
  }
  say(key_value({{"session", answer.session_id()},
                 {"status", short_name(answer.status())},
                 {"error", answer.has_last_error() ? v1::ErrorCode_Name(answer.last_error().code()) : ""},
                 {"", answer.last_error().message()},
                 {"next retry", time_text(answer.next_retry_at())},
                 {"credentials", answer.has_credentials() ? "stored" : "none"},
                 {"number", answer.stored_phone()},
                 {"lid", answer.lid()},
                 {"sealed with", answer.key_id()},
                 {"worker", answer.owner_worker().empty() ? "none holds the line" : answer.owner_worker()},
                 {"fencing token", std::to_string(answer.fencing_token())}}));
  return 0;
}

int watch(Client& client, const Asked& asked) {
  v1::WatchSessionsRequest request;
  request.set_session_id(asked.session);
  request.set_prefix(asked.prefix);
  request.set_resume_token(asked.resume_token);
  if (!take_statuses(asked.statuses, *request.mutable_statuses())) return 2;
  const auto failed = client.watch(request, [&](const v1::SessionChange& change) {
    if (asked.output == Output::json)
      say_json(change);
    else
      say(table({session_row(change.session())}));
  });
  return failed ? complain(*failed) : 0;
}

int pair(Client& client, const Asked& asked) {
  v1::PairCommand request;
  request.set_session_id(asked.session);
  request.set_command_id(asked.command_id);
  request.set_phone_number(asked.number);
  if (asked.by_code) request.set_method(v1::PAIR_METHOD_CODE);
  const bool redraw = isatty(1) != 0;
  const auto failed = client.pair(request, [&](const v1::PairProgress& progress) {
    if (asked.output == Output::json)
      say_json(progress);
    else
      show(progress, redraw);
  });
  return failed ? complain(*failed) : 0;
}

int send(Client& client, const Asked& asked) {
  v1::SendCommand request;
  request.set_session_id(asked.session);
  request.set_command_id(asked.command_id);
  request.set_to(asked.to);
  request.set_text(asked.text);
  v1::SendMessageResponse answer;
  if (const auto failed = client.send(request, answer)) return complain(*failed);
  if (asked.output == Output::json)
    say_json(answer);
  else
    say("accepted as " + answer.message_id() + " (command " + answer.command_id() + ")\n");
  return 0;
}

int reset(Client& client, const Asked& asked) {
  v1::ResetCredentialsRequest request;
  request.set_session_id(asked.session);
  request.set_command_id(asked.command_id);
  request.set_reason(asked.reason);
  request.set_logout(asked.log_out);
  request.set_dry_run(asked.dry_run);
  if (!asked.dry_run && !confirmed(asked, "Forget the credentials of " + asked.session + "? It must be paired again."))
    return 2;
  v1::ResetCredentialsResponse answer;
  if (const auto failed = client.reset(request, answer)) return complain(*failed);
  if (asked.output == Output::json) {
    say_json(answer);
  } else {
    const std::string number = answer.before().stored_phone().empty() ? "no number" : answer.before().stored_phone();
    say(asked.session + ": " +
        (asked.dry_run
             ? "would forget " + std::string(answer.before().has_credentials() ? "the credentials" : "nothing")
             : "was reset, is " + short_name(answer.session().status())) +
        " (" + number + ")\n");
  }
  return 0;
}

int logout(Client& client, const Asked& asked) {
  v1::LogoutRequest request;
  request.set_session_id(asked.session);
  request.set_command_id(asked.command_id);
  if (!confirmed(asked, "Log " + asked.session + " out at WhatsApp? It must be paired again.")) return 2;
  v1::CommandResult answer;
  const auto failed = client.logout(request, answer);
  return failed ? complain(*failed) : done(asked, answer);
}

int connect(Client& client, const Asked& asked) {
  v1::ReconnectRequest request;
  request.set_session_id(asked.session);
  request.set_command_id(asked.command_id);
  v1::CommandResult answer;
  const auto failed = client.connect(request, answer);
  return failed ? complain(*failed) : done(asked, answer);
}

int disconnect(Client& client, const Asked& asked) {
  v1::DisconnectRequest request;
  request.set_session_id(asked.session);
  request.set_command_id(asked.command_id);
  v1::CommandResult answer;
  const auto failed = client.disconnect(request, answer);
  return failed ? complain(*failed) : done(asked, answer);
}

int check(Client& client, const Asked& asked) {
  v1::CheckNumbersRequest request;
  request.set_session_id(asked.session);
  for (const std::string& number : asked.numbers)
    request.add_numbers(number);
  v1::CheckNumbersResponse answer;
  if (const auto failed = client.check(request, answer)) return complain(*failed);
  if (asked.output == Output::json) {
    say_json(answer);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const v1::NumberCheck& one : answer.numbers())
    rows.push_back({one.number(), one.registered() ? "yes" : "no", one.jid()});
  say(table(rows));
  return 0;
}

int command(Client& client, const Asked& asked) {
  v1::GetCommandRequest request;
  request.set_session_id(asked.session);
  request.set_command_id(asked.command_id);
  v1::Command answer;
  if (const auto failed = client.command(request, answer)) return complain(*failed);
  if (asked.output == Output::json)
    say_json(answer);
  else
    say(v1::CommandState_Name(answer.state()).substr(14) +
        (answer.has_error() ? " " + v1::ErrorCode_Name(answer.error().code()) : "") + "\n");
  return 0;
}

}  // namespace linekeeper::lkctl
