#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "linekeeper/base/errc.hpp"
#include "linekeeper/base/result.hpp"
#include "linekeeper/base/secret.hpp"
#include "linekeeper/signal/fields.hpp"
#include "linekeeper/signal/workspace.hpp"

namespace linekeeper::transport::signal {

/// The records of a workspace: what was fetched, and what has changed since.
class Workspace::Records {
 public:
  explicit Records(LocalIdentity self) : self_(std::move(self)) {}

  const LocalIdentity& self() const noexcept { return self_; }
  void load(std::string field, std::optional<SecretBytes> value);
  bool loaded(std::string_view field) const { return fields_.contains(field); }
  /// Null if it does not exist. Precondition: loaded.
  const SecretBytes* find(std::string_view field) const;
  void write(std::string_view field, std::optional<SecretBytes> value);
  Changes take_changes();

 private:
  struct Field {
    std::optional<SecretBytes> value;
    bool changed = false;
  };

  LocalIdentity self_;
  std::map<std::string, Field, std::less<>> fields_;
};

/// One operation's reads and writes: written through by `commit()`, forgotten otherwise.
class Transaction {
 public:
  using Records = Workspace::Records;

  explicit Transaction(Records& records) : records_(records) {}

  const LocalIdentity& self() const noexcept { return records_.self(); }

  /// Null if the record does not exist. Errors: `invalid_argument` if it was not loaded.
  Result<const SecretBytes*> read(std::string_view field);
  Result<void> write(std::string field, std::optional<SecretBytes> value);
  void commit();

  /// The first thing wrong with our own records; stronger than whatever the library says.
  const std::optional<Errc>& fault() const noexcept { return fault_; }
  void blame(Errc errc) {
    if (!fault_) fault_ = errc;
  }

  /// The one-time prekey that was read.
  std::optional<std::uint32_t> used_prekey;

 private:
  Records& records_;
  std::map<std::string, std::optional<SecretBytes>, std::less<>> writes_;
  std::optional<Errc> fault_;
};

}  // namespace linekeeper::transport::signal
