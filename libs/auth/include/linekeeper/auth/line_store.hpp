#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "linekeeper/auth/commit.hpp"
#include "linekeeper/auth/lease_store.hpp"
#include "linekeeper/auth/sealed.hpp"
#include "linekeeper/redis/connection.hpp"

namespace linekeeper::auth {

/// Whether this error says that a stored value does not open: wrong key ring, damaged, or of a newer version.
bool unreadable(error_code error) noexcept;

/// Commands in SENDING or with an outcome that was not published: the next holder's work.
struct OpenCommands {
  std::vector<LedgerRecord> records;    ///< Oldest origin first.
  std::vector<std::string> unreadable;  ///< Tags of records that do not open.
};

/// Events committed and not published.
struct PendingEvents {
  std::vector<PendingEvent> events;  ///< In their order.
  std::size_t unreadable = 0;        ///< How many do not open.
};

/// Some of the ledger's records, by tag; nothing in place of one that does not open.
struct LedgerPage {
  std::string next;  ///< Cursor for the next page; "0" after the last.
  std::vector<std::pair<std::string, std::optional<LedgerRecord>>> records;
};

/// How much is kept of a line.
struct Inventory {
  std::size_t fields = 0;    ///< Credentials, ratchets, mappings: everything sealed under the pairing's salt.
  std::size_t archives = 0;  ///< 0 or 1.
  std::size_t pending = 0;
  std::size_t commands = 0;  ///< Of the ledger.
  std::size_t inbound = 0;   ///< Ids of inbound messages.
};

/// The stored state of one line, for whoever holds its lease. One object for each time the lease is held.
///
/// Reads are one round trip. Writes are one script that compares the fencing token for equality and refuses without a
/// live lease. `commit` repeats a write without an answer under the same commit id, until it is answered or `until`
/// passes; meanwhile nothing of this line may go to the wire. One commit at a time; fetches may overlap with it.
/// Threads: the connection's. The connection outlives it.
class LineStore {
 public:
  LineStore(redis::Connection& connection, std::shared_ptr<const KeyRing> ring, std::string session,
            Acquisition acquired);
  LineStore(const LineStore&) = delete;
  LineStore& operator=(const LineStore&) = delete;
  ~LineStore();

  const std::string& session() const noexcept;
  FencingToken token() const noexcept;
  std::uint64_t version() const noexcept;
  /// As acquired, then as our commits changed it.
  const LineHead& head() const noexcept;

  /// The named fields; absent ones are left out. Errors: `store_unavailable`, `store_refused`; `stale_token`, another
  /// took the lease since; `state_rolled_back`, the version is lower than one we saw; `stale_version`, it is higher;
  /// `unknown_key`, `decrypt_failed`, `unsupported_version`, `malformed_value`.
  awaitable<Result<Fields>> fetch(std::vector<std::string> names);
  /// Every field. Not for the path of a message.
  awaitable<Result<Fields>> fetch_all();

  /// For each entry of `Commit::inbound`: whether the message was new.
  using Fresh = std::vector<bool>;
  /// Errors: `stale_token`, `stale_version`, `state_rolled_back`, `store_full` (nothing was written),
  /// `store_unavailable` (no answer until `until`: unknown whether it was written), `store_refused`, `unknown_key`.
  awaitable<Result<Fresh>> commit(Commit commit, net::Deadline until);
  /// The same, for who may have to give it again after `store_full`.
  awaitable<Result<Fresh>> commit(std::shared_ptr<const Commit> commit, net::Deadline until);

  /// Whether an inbound message of this digest was committed in the last weeks. Errors: `store_unavailable`,
  /// `store_refused`.
  awaitable<Result<bool>> has_inbound(Bytes digest);
  /// What the ledger holds about this command. Errors as `fetch`.
  awaitable<Result<std::optional<LedgerRecord>>> command(std::string command_id);
  // Errors of these: `store_unavailable`, `store_refused`, `malformed_value`.
  awaitable<Result<OpenCommands>> open_commands();
  awaitable<Result<PendingEvents>> pending_events();
  /// All records of the ledger, page by page, from cursor "0" on. One may come twice, or written since may be missing.
  awaitable<Result<LedgerPage>> ledger_page(std::string cursor);
  awaitable<Result<Inventory>> inventory();
  /// What `Commit::audit` last stored; empty without. Errors also as `fetch`.
  awaitable<Result<Bytes>> audit();
  /// The wiped credentials and what went with them. For the operator's tool: no worker opens it.
  /// Errors: `not_found`; also as `fetch`.
  awaitable<Result<Fields>> archive();

  /// The ring the process uses from now on. Fields sealed under another of its keys still open.
  void use(std::shared_ptr<const KeyRing> ring);
  /// Whether the fields are sealed under another key than the ring's first.
  bool wants_resealing() const noexcept;
  /// Seals all fields and open records anew under the ring's first key. Errors as `fetch` and `commit`.
  awaitable<Result<void>> reseal(net::Deadline until);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::auth
