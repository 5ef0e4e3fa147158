#include "probe.hpp"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "linekeeper/v1/control.grpc.pb.h"
#include "seed.hpp"

namespace linekeeper::control {
namespace {

using Clock = std::chrono::steady_clock;
using Millis = std::chrono::duration<double, std::milli>;

enum class Question { credentials, session, list };
constexpr std::string_view kNames[] = {"GetCredentialStatus", "GetSession", "ListSessions"};

/// One caller. `ask` throws when it does not get what it asked for.
class Caller {
 public:
  virtual ~Caller() = default;
  virtual void ask(Question question, const std::string& session) = 0;
};

class GrpcCaller : public Caller {
 public:
  explicit GrpcCaller(const Target& target) {
    grpc::ChannelArguments own;  // A connection of its own, as a caller elsewhere has.
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::Control::NewStub(grpc::CreateCustomChannel(target.grpc, grpc::InsecureChannelCredentials(), own));
  }

  void ask(Question question, const std::string& session) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    grpc::Status status;
    bool right = false;
    if (question == Question::credentials) {
      v1::GetCredentialStatusRequest request;
      request.set_session_id(session);
      v1::CredentialStatus answer;
      status = stub_->GetCredentialStatus(&context, request, &answer);
      right = answer.has_credentials() && !answer.stored_phone().empty();
    } else if (question == Question::session) {
      v1::GetSessionRequest request;
      request.set_session_id(session);
      v1::Session answer;
      status = stub_->GetSession(&context, request, &answer);
      right = answer.status() == v1::LINE_STATUS_CONNECTED;
    } else {
      v1::ListSessionsRequest request;
      request.set_page_token(page_);
      v1::ListSessionsResponse answer;
      status = stub_->ListSessions(&context, request, &answer);
      page_ = answer.next_page_token();
      right = answer.sessions_size() > 0;
    }
    if (!status.ok() || !right) throw std::runtime_error("gRPC: not the answer: " + status.error_message());
  }

 private:
  std::unique_ptr<v1::Control::Stub> stub_;
  std::string page_;
};

class HttpCaller : public Caller {
 public:
  explicit HttpCaller(const Target& target) : host_(target.host), socket_(io_) {
    boost::asio::ip::tcp::resolver resolver(io_);
    boost::asio::connect(socket_, resolver.resolve(target.host, target.port));
    socket_.set_option(boost::asio::ip::tcp::no_delay(true));
  }

  void ask(Question question, const std::string& session) override {
    switch (question) {
      case Question::credentials: return get("/v1/sessions/" + session + "/credentials", "\"storedPhone\"");
      case Question::session: return get("/v1/sessions/" + session, "LINE_STATUS_CONNECTED");
      case Question::list: break;
    }
    get("/v1/sessions?pageToken=" + page_, "\"sessions\"");
    constexpr std::string_view kMark = "\"nextPageToken\":\"";
    const auto at = body_.rfind(kMark);
    page_ = at == std::string::npos
                ? ""
                : body_.substr(at + kMark.size(), body_.find('"', at + kMark.size()) - at - kMark.size());
  }

 private:
  void get(const std::string& target, std::string_view proof) {
    const std::string request = "GET " + target + " HTTP/1.1\r\nHost: " + host_ + "\r\n\r\n";
    boost::asio::write(socket_, boost::asio::buffer(request));
    const std::size_t head = boost::asio::read_until(socket_, boost::asio::dynamic_buffer(buffer_), "\r\n\r\n");
    constexpr std::string_view kLength = "Content-Length: ";
    const auto at = buffer_.find(kLength);
    if (at == std::string::npos || at > head) throw std::runtime_error("HTTP: no length");
    const std::size_t length = std::stoul(buffer_.substr(at + kLength.size(), 12));
    if (buffer_.size() < head + length)
      boost::asio::read(socket_, boost::asio::dynamic_buffer(buffer_),
                        boost::asio::transfer_exactly(head + length - buffer_.size()));
    body_ = buffer_.substr(head, length);
    buffer_.erase(0, head + length);
    if (body_.find(proof) == std::string::npos)
      throw std::runtime_error("HTTP: not the answer: " + body_.substr(0, 200));
  }

  std::string host_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  std::string buffer_;
  std::string body_;
  std::string page_;
};

/// What one set of callers found.
struct Found {
  std::mutex mutex;
  std::vector<double> millis;
  std::string wrong;
};

void call_again_and_again(Caller& caller, Question question, std::size_t sessions, std::size_t seed,
                          Clock::time_point until, Found& found) {
  std::vector<double> millis;
  std::uint64_t random = seed * 0x9e3779b97f4a7c15 + 1;
  try {
    while (Clock::now() < until) {
      random = random * 6364136223846793005U + 1442695040888963407U;
      const std::string session = line_name((random >> 33) % sessions);
      const auto began = Clock::now();
      caller.ask(question, session);
      millis.push_back(Millis(Clock::now() - began).count());
    }
  } catch (const std::exception& error) {
    const std::scoped_lock lock(found.mutex);
    found.wrong = error.what();
  }
  const std::scoped_lock lock(found.mutex);
  found.millis.insert(found.millis.end(), millis.begin(), millis.end());
}

double quantile(const std::vector<double>& sorted, double share) {
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

std::string measure(const Target& target, Question question, bool over_grpc, std::size_t callers,
                    std::chrono::seconds length) {
  std::vector<std::unique_ptr<Caller>> all;
  for (std::size_t i = 0; i < callers; ++i) {
    if (over_grpc) {
      all.push_back(std::make_unique<GrpcCaller>(target));
    } else {
      all.push_back(std::make_unique<HttpCaller>(target));
    }
    all.back()->ask(question, line_name(0));  // Connected, and the first time over.
  }
  Found found;
  std::vector<std::thread> threads;
  const auto until = Clock::now() + length;
  for (std::size_t i = 0; i < callers; ++i)
    threads.emplace_back([&, i] { call_again_and_again(*all[i], question, target.sessions, i, until, found); });
  for (std::thread& thread : threads)
    thread.join();
  if (!found.wrong.empty()) return found.wrong;
  std::sort(found.millis.begin(), found.millis.end());
  const nlohmann::json line = {
      {"call", kNames[static_cast<int>(question)]},
      {"over", over_grpc ? "gRPC" : "HTTP"},
      {"callers", callers},
      {"answers", found.millis.size()},
      {"perSecond", static_cast<double>(found.millis.size()) / static_cast<double>(length.count())},
      {"p50", quantile(found.millis, 0.5)},
      {"p99", quantile(found.millis, 0.99)}};
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
  return {};
}

}  // namespace

std::string probe(const Target& target, std::chrono::seconds length) {
  try {
    for (const Question question : {Question::credentials, Question::session, Question::list})
      for (const bool over_grpc : {true, false})
        for (const std::size_t callers : {1, 16})
          if (std::string wrong = measure(target, question, over_grpc, callers, length); !wrong.empty()) return wrong;
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace linekeeper::control
