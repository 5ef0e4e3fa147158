#include "commit_script.hpp"

#include "linekeeper/auth/keys.hpp"

namespace linekeeper::auth {
namespace {

constexpr std::chrono::hours kWeek{24 * 7};
constexpr auto kInboundTtl = kInboundKept + kWeek + std::chrono::hours(24);

std::string in_ms(std::chrono::milliseconds length) {
  return std::to_string(length.count());
}

class Arguments {
 public:
  Arguments& add(std::string value) {
    list_.push_back(std::move(value));
    return *this;
  }
  Arguments& count(std::size_t number) { return add(std::to_string(number)); }
  Arguments& flag(bool set) { return add(set ? "1" : "0"); }
  Arguments& optional(const std::optional<std::string>& value) {
    return flag(value.has_value()).add(value.value_or(std::string()));
  }
  std::vector<std::string> take() { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

std::optional<std::string> text_of(const std::optional<Bytes>& bytes) {
  if (!bytes) return std::nullopt;
  return to_text(*bytes);
}

const char* name_of(Commit::Wipe wipe) {
  switch (wipe) {
    case Commit::Wipe::keep: return "keep";
    case Commit::Wipe::archive: return "archive";
    case Commit::Wipe::forget: return "forget";
    case Commit::Wipe::reset: return "reset";
  }
  return "keep";
}

}  // namespace

std::int64_t present_week() {
  return std::chrono::system_clock::now().time_since_epoch() / kWeek;
}

bool Commit::empty() const noexcept {
  return fields.empty() && ledger.empty() && cut.empty() && inbound.empty() && pending.empty() && published.empty() &&
         !status && !desired && !audit && wipe == Wipe::keep && !forget_inbound;
}

std::vector<std::string> commit_keys(const std::string& session, const Commit& commit) {
  std::vector<std::string> keys{key::lease(session),   key::line(session),    key::open(session),
                                key::pending(session), key::archive(session), key::commands(session)};
  for (int back = 0; back < kInboundWeeks; ++back)
    keys.push_back(key::inbound(session, present_week() - back));
  for (const LedgerRecord& record : commit.ledger)
    keys.push_back(key::command(session, record.command_id));
  for (const LedgerCut& cut : commit.cut)
    keys.push_back(key::tagged_command(session, cut.tag));
  return keys;
}

std::vector<std::string> commit_arguments(const Commit& commit, const FieldWrites& writes, const std::string& archive,
                                          const RecordCodec& codec) {
  Arguments args;
  args.add(name_of(commit.wipe)).add(archive).add(in_ms(kArchiveKept)).flag(commit.forget_inbound);
  args.add(writes.key_id).add(to_text(writes.salt));
  args.count(writes.erase.size());
  for (const std::string& name : writes.erase)
    args.add(name);
  args.count(writes.put.size());
  for (const auto& [name, value] : writes.put)
    args.add(name).add(value);
  args.add(in_ms(kLedgerKept)).count(commit.ledger.size() + commit.cut.size());
  for (const LedgerRecord& record : commit.ledger) {
    const std::string tag = command_tag(record.command_id);
    args.add(tag).add(codec.seal(tag, record)).flag(record.open()).add(in_ms(kLedgerKept));
  }
  for (const LedgerCut& cut : commit.cut)
    args.add(cut.tag).add(codec.seal(cut.tag, cut.record)).flag(false).add(in_ms(cut.keep));
  args.add(in_ms(kInboundTtl)).count(commit.inbound.size());
  for (const InboundEntry& entry : commit.inbound)
    args.add(to_text(entry.digest))
        .add(entry.event ? command_tag(entry.event->id) : std::string())
        .add(entry.event ? codec.seal(*entry.event) : std::string());
  args.count(commit.pending.size());
  for (const PendingEvent& event : commit.pending)
    args.add(command_tag(event.id)).add(codec.seal(event));
  args.count(commit.published.size());
  for (const std::string& id : commit.published)
    args.add(command_tag(id));
  args.optional(text_of(commit.status)).optional(text_of(commit.desired));
  args.optional(commit.audit ? std::optional(codec.seal_audit(*commit.audit)) : std::nullopt);
  return args.take();
}

}  // namespace linekeeper::auth
