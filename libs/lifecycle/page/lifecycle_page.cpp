#include "lifecycle_page.hpp"

#include <algorithm>

#include "situations.hpp"

namespace linekeeper::lifecycle {
namespace {

using Kind = Action::Kind;

constexpr std::string_view kHead = R"(# The life of a line

Printed from the machine itself (`libs/lifecycle`) by `lifecycle-page`; a test compares. It is told what happened and answers with what to
do; there is one timer, and what these tables call a wait is what it is set to. Each change of status is stored with the line and
published; a status without a wait has nothing scheduled anywhere.

A cell says what the line is afterwards, with the code of its event, and what is done: `login` and `registration` open a connection with
or without credentials. `–` means that nothing happens.

* A pair command for another number removes the credentials where the line is not logged in. In `SYNCING` and `CONNECTED` nothing is
  touched; the command ends as `CREDENTIALS_CONFLICT`.
* `CONFLICT` is tried once more after `--conflict-retry`, if that is set, and never again until a command.
* `CLIENT_OUTDATED` is tried once by a worker whose `whatsapp-version` is another than the one that was refused.
* With `NEEDS_PAIRING` and `RATE_LIMITED`, `nextRetryAt` says when a pair command is of use again; nothing happens by itself.
)";

std::string_view short_name(v1::LineStatus status) {
  static const std::string_view prefix = "LINE_STATUS_";
  return std::string_view(v1::LineStatus_Name(status)).substr(prefix.size());
}

std::string time_text(std::chrono::milliseconds time) {
  const auto seconds = time.count() / 1000;
  if (seconds >= 3600) return std::to_string(seconds / 3600) + " h";
  if (seconds >= 60) return std::to_string(seconds / 60) + " min";
  return std::to_string(seconds) + " s";
}

/// What a line answers to something, for a cell.
std::string answer(const Situation& situation, const Input& input) {
  Lifecycle line = in(situation);
  const v1::LineStatus before = line.status();
  const Actions actions = input.happens(line);
  if (actions.empty()) return "–";
  std::string done;
  const auto add = [&done](std::string_view what) {
    if (!done.empty()) done += ", ";
    done += what;
  };
  bool published = false;
  for (const Action& action : actions) {
    switch (action.kind) {
      case Kind::close:  // Of a connection that ended, or ends with the new status.
      case Kind::cancel_schedule: break;
      case Kind::connect: add(action.mode == Mode::login ? "login" : "registration"); break;
      case Kind::schedule: {
        const bool backoff = line.status() == v1::LINE_STATUS_DISCONNECTED;
        const std::string wait =
            backoff ? "backoff from " + time_text(action.after) : "wait " + time_text(action.after);
        add(line.active() ? "limit " + time_text(action.after) : wait);
        break;
      }
      case Kind::archive_credentials: add("credentials archived"); break;
      case Kind::discard_credentials: add("keys discarded"); break;
      case Kind::publish: published = true; break;
    }
  }
  std::string cell;
  if (published || line.status() != before) {
    cell = std::string(short_name(line.status()));
    if (line.code() != v1::ERROR_CODE_UNSPECIFIED && v1::ErrorCode_Name(line.code()) != cell)
      cell += " (" + v1::ErrorCode_Name(line.code()) + ")";
  }
  if (done.empty()) return cell.empty() ? "closed" : cell;
  return cell.empty() ? done : cell + ": " + done;
}

/// A row for each situation, a column for each input; inputs that none of them answers are left out.
void table(std::string& page, const std::vector<Situation>& rows, const std::vector<Input>& columns) {
  page += "| a line that is |";
  std::string rule = "| --- |";
  for (const Input& column : columns) {
    page += " " + column.name + " |";
    rule += " --- |";
  }
  page += "\n" + rule + "\n";
  for (const Situation& row : rows) {
    page += "| " + row.name + " |";
    for (const Input& column : columns)
      page += " " + answer(row, column) + " |";
    page += "\n";
  }
}

/// Situations that answer every signal alike share a column.
struct Column {
  std::string names;
  std::vector<std::string> cells;
};

std::vector<Column> signal_columns(const std::vector<Situation>& rows, const std::vector<Input>& inputs) {
  std::vector<Column> columns;
  for (const Situation& row : rows) {
    std::vector<std::string> cells;
    cells.reserve(inputs.size());
    for (const Input& input : inputs)
      cells.push_back(answer(row, input));
    const auto same = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.cells == cells; });
    if (same != columns.end()) {
      same->names += "; " + row.name;
    } else {
      columns.push_back({row.name, std::move(cells)});
    }
  }
  return columns;
}

void signal_table(std::string& page) {
  const auto inputs = signals();
  const auto columns = signal_columns(situations(), inputs);
  page += "| the server or the way to it says |";
  std::string rule = "| --- |";
  for (const Column& column : columns) {
    page += " " + column.names + " |";
    rule += " --- |";
  }
  page += "\n" + rule + "\n";
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    page += "| " + inputs[i].name + " |";
    for (const Column& column : columns)
      page += " " + column.cells[i] + " |";
    page += "\n";
  }
}

/// What a new holder does with what it finds.
void held_table(std::string& page) {
  page += "| stored | a new holder of the lease |\n| --- | --- |\n";
  const Input held{"", [](Lifecycle& line) { return line.on_held(kPageTime); }};
  for (const Situation& situation : situations()) {
    const Lifecycle before = in(situation);
    Situation found;
    found.stored.registered = before.registered();
    found.stored.desired = before.desired();
    found.stored.status = before.status();
    found.stored.code = before.code();
    found.stored.detail = before.detail();
    found.stored.next_retry_at = before.next_retry_at();
    page += "| " + situation.name + " | " + answer(found, held) + " |\n";
  }
}

}  // namespace

std::string lifecycle_page() {
  std::string page(kHead);
  page +=
      "\n## Signals\n\nFor each signal, what becomes of a line in each status. `backoff from` is the longest first "
      "wait.\n\n";
  signal_table(page);
  page +=
      "\nA signal that repeats is answered with care: 515 and a stream out of step are followed at once three times in "
      "a row, then with "
      "backoff;\nthree streams out of step within ten minutes stop the line, and so does a third refusal in a row. "
      "With rounds left, used-up QR "
      "codes are\nfollowed by six fresh ones. Failures are forgotten after a minute online.\n";
  page += "\n## Commands\n\n";
  table(page, situations(), commands());
  page += "\n## Steps of a connection\n\n";
  table(page, situations(), steps());
  page += "\n## After a restart or a hand-over\n\n";
  held_table(page);
  return page;
}

}  // namespace linekeeper::lifecycle
