#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "access/gate.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/net/deadline.hpp"
#include "service/control.hpp"

namespace linekeeper::control {

/// What a listener shows and asks for, all PEM.
struct TlsFiles {
  std::string certificate;
  Secret<std::string> key;
  std::string client_ca;  ///< Empty: no client certificates.
};

/// gRPC: Control, health and reflection on one port. Calls run on the executor; gRPC's own threads only carry bytes.
class RpcServer {
 public:
  struct Settings {
    std::string address;
    std::optional<TlsFiles> tls;
  };
  /// Control, gate and audit outlive it. Errors: one sentence.
  static std::variant<std::unique_ptr<RpcServer>, std::string> start(Settings settings,
                                                                     boost::asio::any_io_executor executor,
                                                                     Control& control, Gate& gate, Audit& audit);
  ~RpcServer();
  RpcServer(const RpcServer&) = delete;
  RpcServer& operator=(const RpcServer&) = delete;

  int port() const noexcept;
  /// What grpc.health.v1 answers for linekeeper.v1.Control.
  void set_serving(bool serving);
  /// Takes no further call and cancels the rest when `grace` is over. Blocks until then: not on the executor, which
  /// must run meanwhile.
  void stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit RpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace linekeeper::control
