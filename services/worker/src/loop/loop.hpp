#pragma once

#include <functional>
#include <memory>
#include <string>

#include "line/line_context.hpp"
#include "linekeeper/redis/connection.hpp"
#include "loop/admission.hpp"
#include "loop/lease_keeper.hpp"
#include "loop/lease_seeker.hpp"
#include "loop/line_table.hpp"
#include "loop/name_watch.hpp"
#include "loop/store_watch.hpp"

namespace linekeeper::worker {

/// What all loops have in common. Outlives them.
struct LoopSettings {
  redis::Connection::Settings redis;
  auth::LeaseTable::Settings lease;
  std::string holder;  ///< Names this process and no other.
  std::shared_ptr<const auth::KeyRing> ring;
  bool committed_offsets = false;
  bool names_worker = true;  ///< This loop watches over the worker id; one of all does.
  LineRules rules;
  transport::LineSettings wire;
};

/// One event loop of the worker with its share of lines: a Redis connection, the leases, the lines. Made on any thread,
/// everything else on the loop's own. `mine`: whether the sessions of a bucket belong to this loop.
class Loop {
 public:
  Loop(boost::asio::any_io_executor executor, const LoopSettings& settings, EventPublisher& events, ConnectPace& pace,
       LoginWatch& logins, std::function<void(const kafka::Ticket&)> finish,
       std::function<bool(std::uint8_t bucket)> mine, telemetry::Log& log, WorkerMetrics& metrics);

  void start();
  LineTable& lines() noexcept { return lines_; }
  void use_ring(std::shared_ptr<const auth::KeyRing> ring);
  void use_version(transport::ClientVersion version);
  awaitable<void> stop();
  /// `trouble` is empty while Redis can be used; kept up to date on the loop's thread.
  void on_store_changed(std::function<void(bool usable, const std::string& trouble)> call) {
    changed_ = std::move(call);
  }

 private:
  transport::CertificateCache certificates_;
  transport::LineSettings wire_;
  redis::Connection redis_;
  LeaseKeeper leases_;
  LeaseSeeker seeker_;
  Admission admission_;
  StoreWatch store_;
  std::unique_ptr<NameWatch> name_;
  StateGuards guards_;
  LineContext context_;
  LineTable lines_;
  std::function<void(bool, const std::string&)> changed_;
};

}  // namespace linekeeper::worker
