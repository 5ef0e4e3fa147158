#include "linekeeper/redis/reply_parser.hpp"

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#include <new>
#include <utility>

#include "linekeeper/base/errc.hpp"

namespace linekeeper::redis {
namespace {

// hiredis builds the tree through these. The root is on the heap; an element is the last one of its parent's array,
// whose address holds until it is complete, because elements come depth first.
void* place(const redisReadTask* task, Reply::Value value) {
  if (!task->parent) return new Reply(std::move(value));
  Reply::Array& siblings = *static_cast<Reply*>(task->parent->obj)->array();
  siblings.emplace_back(std::move(value));
  return &siblings.back();
}

void* on_string(const redisReadTask* task, char* text, std::size_t size) {
  std::string bytes(text, size);
  if (task->type == REDIS_REPLY_ERROR) return place(task, Reply::Error{std::move(bytes)});
  return place(task, std::move(bytes));
}
/// `Count` is what hiredis says: int before version 1, size_t since.
template <typename Count>
void* on_array(const redisReadTask* task, Count elements) {
  const std::size_t most = *static_cast<const std::size_t*>(task->privdata);
  // hiredis reports "out of memory" for these.
  if (std::cmp_less(elements, 0) || std::cmp_greater(elements, most)) return nullptr;
  return place(task, Reply::Array());
}
void* on_integer(const redisReadTask* task, long long value) {
  return place(task, static_cast<std::int64_t>(value));
}
void* on_nil(const redisReadTask* task) {
  return place(task, Reply::Nil());
}
void on_free(void* reply) {
  delete static_cast<Reply*>(reply);
}

#if HIREDIS_MAJOR >= 1
// We never ask for the protocol that has these; a server that sends them all the same must not end in a null call.
void* on_double(const redisReadTask* task, double, char* text, std::size_t size) {
  return place(task, std::string(text, size));
}
void* on_bool(const redisReadTask* task, int value) {
  return place(task, static_cast<std::int64_t>(value));
}
#endif

redisReplyObjectFunctions functions() {
  redisReplyObjectFunctions table{};
  table.createString = on_string;
  table.createArray = on_array;
  table.createInteger = on_integer;
  table.createNil = on_nil;
  table.freeObject = on_free;
#if HIREDIS_MAJOR >= 1
  table.createDouble = on_double;
  table.createBool = on_bool;
#endif
  return table;
}
redisReplyObjectFunctions kFunctions = functions();

}  // namespace

struct ReplyParser::Impl {
  explicit Impl(Limits given) : limits(given), reader(redisReaderCreateWithFunctions(&kFunctions)) {
    if (!reader) throw std::bad_alloc();
    reader->privdata = &limits.array_elements;
  }
  ~Impl() { redisReaderFree(reader); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Limits limits;
  redisReader* reader;
  std::size_t unfinished = 0;  ///< Bytes pushed since the last complete reply.
};

ReplyParser::ReplyParser(Limits limits) : impl_(std::make_unique<Impl>(limits)) {}
ReplyParser::ReplyParser(ReplyParser&&) noexcept = default;
ReplyParser& ReplyParser::operator=(ReplyParser&&) noexcept = default;
ReplyParser::~ReplyParser() = default;

void ReplyParser::push(ByteView bytes) {
  impl_->unfinished += bytes.size();
  redisReaderFeed(impl_->reader, reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Result<std::optional<Reply>> ReplyParser::next() {
  void* found = nullptr;
  if (redisReaderGetReply(impl_->reader, &found) != REDIS_OK)
    return impl_->reader->err == REDIS_ERR_OOM ? Errc::too_large : Errc::malformed_value;
  if (!found) {
    if (impl_->unfinished > impl_->limits.reply_bytes) return Errc::too_large;
    return std::optional<Reply>();
  }
  const std::unique_ptr<Reply> reply(static_cast<Reply*>(found));
  impl_->unfinished = impl_->reader->len - impl_->reader->pos;
  return std::optional<Reply>(std::move(*reply));
}

}  // namespace linekeeper::redis
