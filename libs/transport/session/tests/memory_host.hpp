#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/session/line.hpp"
#include "linekeeper/session/line_host.hpp"

namespace linekeeper::transport {

/// A host whose store is a map. Every call gives the loop a turn first, as a real store would, and checks that the line
/// keeps its promise of one write at a time.
class MemoryHost final : public LineHost {
 public:
  // What the line stored and told.
  Fetched state;
  std::vector<InboundMessage> messages;
  std::vector<OutboundReceipt> receipts;
  std::vector<QrCode> qrs;
  std::vector<PairingCode> codes;
  std::vector<SyncProgress> progress;
  std::optional<Account> paired_as;
  std::optional<Account> logged_in_as;
  unsigned repeated = 0;  ///< Messages committed before.
  unsigned commits = 0;
  unsigned fetches = 0;
  unsigned connected_times = 0;
  unsigned qr_retired_times = 0;
  unsigned code_retired_times = 0;
  unsigned overlapping = 0;  ///< Two changing calls at once: must stay 0.

  // What it answers.
  std::optional<unsigned> fail_commit;  ///< The commit with this number, from 0, fails; later ones too.
  PairVerdict may = PairVerdict::allowed;
  PairVerdict may_after = PairVerdict::allowed;
  std::function<void(const char* step)> on_step;  ///< Told of every call, before it takes effect.

  boost::asio::awaitable<Result<Fetched>> fetch(std::vector<std::string> fields) override {
    step("fetch");
    ++fetches;
    co_await turn();
    Fetched found;
    for (const auto& field : fields) {
      if (const auto it = state.find(field); it != state.end()) found.insert(*it);
    }
    co_return found;
  }

  boost::asio::awaitable<Result<void>> commit(Changes changes) override {
    step("commit");
    auto applied = co_await apply(std::move(changes));
    co_return applied;
  }

  /// For `Outgoing::commit`.
  boost::asio::awaitable<Result<void>> commit_send(Changes changes) {
    step("commit_send");
    auto applied = co_await apply(std::move(changes));
    co_return applied;
  }

  boost::asio::awaitable<Result<bool>> commit_inbound(Inbound event, Changes changes) override {
    step("commit_inbound");
    auto applied = co_await apply(std::move(changes));
    if (!applied) co_return Result<bool>(boost::system::in_place_error, applied.error());
    if (auto* receipt = std::get_if<OutboundReceipt>(&event)) {
      receipts.push_back(std::move(*receipt));
      co_return true;
    }
    auto& message = std::get<InboundMessage>(event);
    if (!seen_.insert(message.chat.str() + " " + message.sender.str() + " " + message.id).second) {
      ++repeated;
      co_return false;
    }
    messages.push_back(std::move(message));
    co_return true;
  }

  boost::asio::awaitable<Result<bool>> knows_inbound(InboundMessage message) override {
    step("knows_inbound");
    co_await turn();
    co_return seen_.contains(message.chat.str() + " " + message.sender.str() + " " + message.id);
  }

  boost::asio::awaitable<Result<PairVerdict>> may_pair(Account) override {
    step("may_pair");
    co_await turn();
    co_return may;
  }

  boost::asio::awaitable<Result<PairVerdict>> commit_pairing(Account account, Changes changes) override {
    step("commit_pairing");
    if (may_after != PairVerdict::allowed) co_return may_after;
    auto applied = co_await apply(std::move(changes));
    if (!applied) co_return applied.error();
    paired_as = std::move(account);
    co_return PairVerdict::allowed;
  }

  void qr_shown(const QrCode& qr) override {
    step("qr_shown");
    qrs.push_back(qr);
  }
  void qr_retired() override { ++qr_retired_times; }
  void pairing_code_shown(const PairingCode& code) override { codes.push_back(code); }
  void pairing_code_retired() override { ++code_retired_times; }
  void phone_not_multidevice() override {}
  void paired(const Account&) override { step("paired"); }
  void logged_in(const Account& account) override {
    step("logged_in");
    logged_in_as = account;
  }
  void syncing(SyncProgress at) override { progress.push_back(at); }
  void connected() override {
    step("connected");
    ++connected_times;
  }

 private:
  void step(const char* what) {
    if (on_step) on_step(what);
  }

  static boost::asio::awaitable<void> turn() {
    auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
  }

  boost::asio::awaitable<Result<void>> apply(Changes changes) {
    if (writing_) ++overlapping;
    writing_ = true;
    co_await turn();
    writing_ = false;
    if (fail_commit && commits >= *fail_commit) co_return Errc::stale_token;
    ++commits;
    for (auto& change : changes) {
      if (change.value) {
        state[change.field] = std::move(*change.value);
      } else {
        state.erase(change.field);
      }
    }
    co_return ok();
  }

  bool writing_ = false;
  std::set<std::string> seen_;
};

}  // namespace linekeeper::transport
