#include "transaction.hpp"

namespace linekeeper::transport::signal {

void Workspace::Records::load(std::string field, std::optional<SecretBytes> value) {
  fields_.insert_or_assign(std::move(field), Field{std::move(value), false});
}

const SecretBytes* Workspace::Records::find(std::string_view field) const {
  const auto found = fields_.find(field);
  return found != fields_.end() && found->second.value ? &*found->second.value : nullptr;
}

void Workspace::Records::write(std::string_view field, std::optional<SecretBytes> value) {
  fields_.insert_or_assign(std::string(field), Field{std::move(value), true});
}

Changes Workspace::Records::take_changes() {
  Changes out;
  for (auto& [name, field] : fields_) {
    if (!field.changed) continue;
    field.changed = false;
    out.push_back({name, field.value ? std::optional(field.value->reveal()) : std::nullopt});
  }
  return out;
}

Result<const SecretBytes*> Transaction::read(std::string_view field) {
  if (const auto written = writes_.find(field); written != writes_.end())
    return written->second ? &*written->second : nullptr;
  if (!records_.loaded(field)) {
    blame(Errc::invalid_argument);
    return Errc::invalid_argument;
  }
  return records_.find(field);
}

Result<void> Transaction::write(std::string field, std::optional<SecretBytes> value) {
  if (!records_.loaded(field)) {
    blame(Errc::invalid_argument);
    return Errc::invalid_argument;
  }
  writes_.insert_or_assign(std::move(field), std::move(value));
  return ok();
}

void Transaction::commit() {
  for (auto& [field, value] : writes_)
    records_.write(field, std::move(value));
  writes_.clear();
}

}  // namespace linekeeper::transport::signal
