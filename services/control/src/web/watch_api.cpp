// Changes as server-sent events: `id` is the resume token, so that a browser that comes back goes on by itself.

#include "web/gateway.hpp"
#include "web/json.hpp"

namespace linekeeper::control {
namespace {

class EventSink final : public Sink<v1::SessionChange> {
 public:
  explicit EventSink(http::BodyWriter& writer) : writer_(writer) {}

  awaitable<bool> write(v1::SessionChange message) override {
    const std::string token = message.resume_token();
    message.clear_resume_token();
    std::string event = "id: " + token + "\nevent: session\ndata: " + to_json(message.session()) + "\n\n";
    const bool taken = co_await writer_.write(std::move(event));
    gone_ = !taken;
    co_return taken;
  }
  awaitable<bool> keep_alive() override {
    std::string comment = ":\n\n";
    const bool taken = co_await writer_.write(std::move(comment));
    gone_ = !taken;
    co_return taken;
  }
  bool gone() const noexcept override { return gone_; }

 private:
  http::BodyWriter& writer_;
  bool gone_ = false;
};

}  // namespace

http::Response Gateway::watch(WebRequest request) {
  v1::WatchSessionsRequest asked;
  if (request.path.size() > 1) asked.set_session_id(request.session());
  asked.set_prefix(std::string(request.http.parameter("prefix").value_or("")));
  const auto seen = request.http.header("Last-Event-ID");
  asked.set_resume_token(std::string(seen ? *seen : request.http.parameter("resumeToken").value_or("")));
  if (const auto refused = control_.refuses_watch(request.call, asked)) return error_response(*refused);
  http::Response response;
  response.headers = {{"Content-Type", "text/event-stream"}};
  Call call = std::move(request.call);
  call.deadline = net::Deadline::never();
  response.stream = [this, call = std::move(call), asked = std::move(asked)](http::BodyWriter& writer) {
    return stream_changes(call, asked, writer);
  };
  return response;
}

awaitable<void> Gateway::stream_changes(Call call, v1::WatchSessionsRequest request, http::BodyWriter& writer) {
  EventSink sink(writer);
  Bell bell(executor_);
  // Something at once: proxies and clients wait for the first byte.
  const bool there = co_await sink.keep_alive();
  if (!there) co_return;
  const auto failed = co_await control_.watch_sessions(std::move(call), std::move(request), sink, bell);
  audit_.counted("Watch (SSE)", failed);
}

}  // namespace linekeeper::control
