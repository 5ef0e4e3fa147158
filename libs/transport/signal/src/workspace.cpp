#include "linekeeper/signal/workspace.hpp"

#include "linekeeper/signal/prekey_block.hpp"
#include "transaction.hpp"

namespace linekeeper::transport::signal {
namespace {

/// The block that holds `id`; an empty one if none is stored.
Result<PrekeyBlock> block_of(Transaction& transaction, std::uint32_t id) {
  if (id == 0 || id > kMaxPrekeyId) return Errc::invalid_argument;
  LK_TRY(const SecretBytes* stored, transaction.read(prekey_field(id)));
  if (stored == nullptr) return PrekeyBlock(PrekeyBlock::number_of(id));
  return PrekeyBlock::parse(stored->reveal());
}

Result<void> put_block(Transaction& transaction, const PrekeyBlock& block) {
  std::optional<SecretBytes> value;
  if (!block.empty()) value = SecretBytes(block.encode());
  return transaction.write(prekey_field(block.first_id()), std::move(value));
}

}  // namespace

Workspace::Workspace(LocalIdentity self) : records_(std::make_unique<Records>(std::move(self))) {}
Workspace::Workspace(Workspace&&) noexcept = default;
Workspace& Workspace::operator=(Workspace&&) noexcept = default;
Workspace::~Workspace() = default;

void Workspace::load(std::span<const std::string> asked, const Fetched& found) {
  for (const std::string& field : asked) {
    const auto value = found.find(field);
    load(field, value != found.end() ? std::optional(value->second) : std::nullopt);
  }
}

void Workspace::load(std::string field, std::optional<Bytes> value) {
  std::optional<SecretBytes> secret;
  if (value) secret = SecretBytes(std::move(*value));
  records_->load(std::move(field), std::move(secret));
}

bool Workspace::loaded(std::string_view field) const {
  return records_->loaded(field);
}

Changes Workspace::take_changes() {
  return records_->take_changes();
}

Result<void> Workspace::add_prekeys(std::span<const Prekey> keys) {
  Transaction transaction(*records_);
  std::optional<PrekeyBlock> block;
  for (const Prekey& key : keys) {
    if (block && block->number() != PrekeyBlock::number_of(key.id)) {
      LK_CHECK(put_block(transaction, *block));
      block.reset();
    }
    if (!block) {
      LK_TRY(block, block_of(transaction, key.id));
    }
    LK_CHECK(block->put(key.id, key.keys.priv));
  }
  if (block) LK_CHECK(put_block(transaction, *block));
  transaction.commit();
  return ok();
}

Result<std::optional<crypto::KeyPair>> Workspace::prekey(std::uint32_t id) const {
  Transaction transaction(*records_);
  LK_TRY(const PrekeyBlock block, block_of(transaction, id));
  const SecretKey32* priv = block.find(id);
  if (priv == nullptr) return std::optional<crypto::KeyPair>();
  return std::optional(crypto::key_pair_from(*priv));
}

Result<void> Workspace::erase_prekey(std::uint32_t id) {
  Transaction transaction(*records_);
  LK_TRY(PrekeyBlock block, block_of(transaction, id));
  if (block.erase(id)) LK_CHECK(put_block(transaction, block));
  transaction.commit();
  return ok();
}

void Workspace::put_signed_prekey(std::uint32_t id, const SecretKey32& priv) {
  records_->write(signed_prekey_field(id), SecretBytes(to_bytes(priv.reveal())));
}

}  // namespace linekeeper::transport::signal
