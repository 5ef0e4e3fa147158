#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "completion.hpp"
#include "doctor.hpp"
#include "linekeeper/settings/load.hpp"
#include "verbs.hpp"

namespace {

using namespace linekeeper;
using namespace linekeeper::lkctl;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The file's text, or nothing and a word to standard error.
std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  if (file.is_open() && !file.bad()) return text;
  std::fprintf(stderr, "lkctl: %s cannot be read\n", path.c_str());
  return std::nullopt;
}

/// Files that the options name.
struct Files {
  std::string token = environment("LKCTL_TOKEN_FILE");
  std::string ca;
  std::string certificate;
  std::string key;
};

bool read_files(const Files& files, Server& server) {
  server.token = environment("LKCTL_TOKEN");  // Not an option: other users see those.
  const auto take = [](const std::string& path, std::string& into) {
    if (path.empty()) return true;
    auto text = read_file(path);
    if (!text) return false;
    into = std::move(*text);
    return true;
  };
  if (!take(files.token, server.token) || !take(files.ca, server.ca_pem) ||
      !take(files.certificate, server.certificate) || !take(files.key, server.key))
    return false;
  server.token.erase(server.token.find_last_not_of(" \r\n") + 1);
  server.tls = server.tls || !files.ca.empty() || !files.certificate.empty();
  return true;
}

int run_doctor(const std::vector<std::string>& arguments, Client& client, Output output) {
  const settings::ProgramInfo info{settings::Program::control, "lkctl doctor",
                                   "Looks at what the fleet stands on. Takes the settings of linekeeper-control.",
                                   "0.1.0"};
  auto loaded = settings::load(info, arguments, settings::process_environment());
  if (const auto* exit = std::get_if<settings::Exit>(&loaded)) {
    std::fputs(exit->out.c_str(), stdout);
    std::fputs(exit->err.c_str(), stderr);
    return exit->exit_code;
  }
  return report(examine(std::get<settings::Loaded>(loaded).values, client), output);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Shows and operates the lines of a fleet, through linekeeper-control.", "lkctl"};
  Server server;
  Files files;
  Asked asked;
  std::string output = "table";
  std::string shell;
  double timeout = 30;
  if (const std::string given = environment("LKCTL_SERVER"); !given.empty()) server.address = given;
  app.add_option("--server", server.address, "host:port of the gRPC port; environment LKCTL_SERVER")
      ->capture_default_str();
  app.add_option("--token-file", files.token,
                 "File with the bearer token; environment LKCTL_TOKEN_FILE, or the token itself in LKCTL_TOKEN");
  app.add_flag("--tls", server.tls, "Speak TLS and trust the system's authorities");
  app.add_option("--tls-ca", files.ca, "Speak TLS and trust the authorities in this PEM file");
  app.add_option("--certificate", files.certificate, "Client certificate, PEM; with --key");
  app.add_option("--key", files.key, "Its private key, PEM");
  app.add_option("--timeout", timeout, "Seconds to wait for an outcome")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option("--output", output, "How to print: table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
  app.require_subcommand(1);
  app.fallthrough();

  int (*verb)(Client&, const Asked&) = nullptr;
  const auto add = [&](const char* name, const char* help, int (*run)(Client&, const Asked&), bool session = true) {
    CLI::App* const sub = app.add_subcommand(name, help);
    if (session) sub->add_option("session", asked.session, "Session id")->required();
    sub->callback([&verb, run] { verb = run; });
    return sub;
  };
  const auto with_id = [&](CLI::App* sub) {
    sub->add_option("--command-id", asked.command_id, "Idempotency key: the same one does nothing twice");
    return sub;
  };
  CLI::App* const listing = add("list", "All lines", list, false);
  CLI::App* const watching = add("watch", "Each change as it comes; Ctrl-C ends it", watch, false);
  for (CLI::App* const sub : {listing, watching}) {
    sub->add_option("--prefix", asked.prefix, "Sessions that begin so");
    sub->add_option("--status", asked.statuses, "Only these statuses; repeatable");
  }
  watching->add_option("session", asked.session, "One session only");
  watching->add_option("--resume", asked.resume_token, "Go on after this token of an earlier watch");
  add("status", "Where one line stands, and whose credentials are stored", status);
  CLI::App* const pairing = with_id(add("pair", "Connect; shows QRs, or a code, where that is needed", pair));
  pairing->add_option("--number", asked.number, "The number that is expected; needed for --code");
  pairing->add_flag("--code", asked.by_code, "Pair by a code to type instead of a QR");
  CLI::App* const sending = with_id(add("send", "Send a text", send));
  sending->add_option("to", asked.to, "International number or JID")->required();
  sending->add_option("text", asked.text, "What to send")->required();
  CLI::App* const resetting = with_id(add("reset", "Forget the credentials", reset));
  resetting->add_option("--reason", asked.reason, "For the audit record");
  resetting->add_flag("--logout", asked.log_out, "Log out at WhatsApp first, if connected");
  resetting->add_flag("--dry-run", asked.dry_run, "Only say what would be forgotten");
  CLI::App* const leaving = with_id(add("logout", "Log out at WhatsApp", logout));
  for (CLI::App* const sub : {resetting, leaving})
    sub->add_flag("--yes", asked.yes, "Do not ask");
  with_id(add("connect", "Connect a line that has credentials", connect));
  with_id(add("disconnect", "Disconnect; the credentials are kept", disconnect));
  add("check", "Which numbers are on WhatsApp?", check)->add_option("numbers", asked.numbers, "Numbers")->required();
  add("command", "What became of a command", command)->add_option("id", asked.command_id, "Command id")->required();
  CLI::App* const doctor =
      app.add_subcommand("doctor", "Look at what the fleet stands on; takes linekeeper-control's settings");
  doctor->fallthrough(false)->prefix_command();  // What follows is for the settings' own loader.
  CLI::App* const completing = app.add_subcommand("completion", "A completion script: bash or zsh");
  completing->add_option("shell", shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (completing->parsed()) {
    std::fputs(completion(shell).c_str(), stdout);
    return 0;
  }
  if (!read_files(files, server)) return 2;
  server.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(timeout * 1000));
  Client client(server);
  const Output how = output == "json" ? Output::json : Output::table;
  if (doctor->parsed()) return run_doctor(doctor->remaining(), client, how);
  asked.output = how;
  return verb(client, asked);
}
