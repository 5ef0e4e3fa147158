#pragma once

#include <string>
#include <vector>

#include "client.hpp"
#include "print.hpp"

namespace linekeeper::lkctl {

/// What was asked on the command line, for all verbs together.
struct Asked {
  Output output = Output::table;
  std::string session;
  std::string command_id;
  std::string prefix;
  std::vector<std::string> statuses;
  std::string number;
  bool by_code = false;
  std::string to;
  std::string text;
  std::string reason;
  bool dry_run = false;
  bool log_out = false;
  bool yes = false;
  std::vector<std::string> numbers;
  std::string resume_token;
};

// Each gives the exit code: 0 done, 1 failed, 2 asked wrongly, 3 not known yet.
int list(Client& client, const Asked& asked);
int status(Client& client, const Asked& asked);
int watch(Client& client, const Asked& asked);
int pair(Client& client, const Asked& asked);
int send(Client& client, const Asked& asked);
int reset(Client& client, const Asked& asked);
int logout(Client& client, const Asked& asked);
int connect(Client& client, const Asked& asked);
int disconnect(Client& client, const Asked& asked);
int check(Client& client, const Asked& asked);
int command(Client& client, const Asked& asked);

}  // namespace linekeeper::lkctl
