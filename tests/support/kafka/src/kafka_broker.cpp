#include "linekeeper/test/kafka_broker.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "support/free_port.hpp"

namespace linekeeper::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kReadyWithin = 60s;
constexpr auto kStopWithin = 20s;
constexpr int kTries = 4;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("Kafka broker: " + what);
}

fs::path jars_folder() {
  fs::path folder = LINEKEEPER_KAFKA_JARS_DEFAULT;
  if (const char* cache = std::getenv("LINEKEEPER_CACHE")) folder = fs::path(cache) / "kafka-jars";
  if (const char* given = std::getenv("LINEKEEPER_KAFKA_JARS")) folder = given;
  if (!fs::is_directory(folder)) fail("no jars in " + folder.string() + ": run tests/support/kafka/fetch");
  return folder;
}

fs::path fresh_folder() {
  std::string pattern = (fs::temp_directory_path() / "linekeeper-kafka-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) fail(std::string("no temporary folder: ") + std::strerror(errno));
  return pattern;
}

std::string text_of(const fs::path& path, std::uintmax_t from = 0) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(from));
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Runs Java with its output in `log`; gives the process id.
pid_t spawn_java(const std::vector<std::string>& arguments, const fs::path& log) {
  std::vector<char*> argv;
  static const std::string java = "java";
  argv.push_back(const_cast<char*>(java.c_str()));
  for (const auto& argument : arguments)
    argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) fail(std::string("fork: ") + std::strerror(errno));
  if (child > 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

std::vector<std::string> java_arguments(const fs::path& jars, const fs::path& folder) {
  return {"-Xms64m",
          "-Xmx256m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Dlog4j2.configurationFile=" + (folder / "log4j2.properties").string(),
          "-cp",
          (jars / "*").string()};
}

/// A formatted data folder is the same for every broker: made once beside the jars, then copied.
void copy_formatted_data(const fs::path& jars, const fs::path& folder) {
  const fs::path pattern = jars.string() + "-formatted";
  if (!fs::exists(pattern / "meta.properties")) {
    auto arguments = java_arguments(jars, folder);
    for (const auto* argument : {"kafka.tools.StorageTool", "format", "-t", "bGluZWtlZXBlci10ZXN0cw", "-c"}) {
      arguments.emplace_back(argument);
    }
    arguments.push_back((folder / "server.properties").string());
    int status = 0;
    const pid_t tool = spawn_java(arguments, folder / "log");
    while (::waitpid(tool, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) fail("formatting failed (is there a Java 17 or newer?): " + text_of(folder / "log"));
    const fs::path fresh = pattern.string() + "-" + std::to_string(::getpid());
    fs::copy(folder / "data", fresh, fs::copy_options::recursive);
    std::error_code lost_the_race;
    fs::rename(fresh, pattern, lost_the_race);
    if (lost_the_race) fs::remove_all(fresh);
    return;
  }
  fs::copy(pattern, folder / "data", fs::copy_options::recursive);
}

}  // namespace

KafkaBroker::KafkaBroker(const Properties& properties) : jars_(jars_folder()), folder_(fresh_folder()) {
  try {
    for (int tries = 1; !came_up(properties, tries); ++tries) {
    }
  } catch (...) {
    kill();
    fs::remove_all(folder_);
    throw;
  }
}

/// A broker may die while it starts, of a port that somebody took or of a controller that was not there in time. It is
/// tried anew with other ports and empty data; the last failure is thrown.
bool KafkaBroker::came_up(const Properties& properties, int tries) {
  port_ = free_port();
  controller_port_ = free_port();
  try {
    write_settings(properties);
    copy_formatted_data(jars_, folder_);
    start();
    return true;
  } catch (const std::exception& error) {
    if (tries >= kTries) throw;
    std::cerr << "Kafka broker: trying again with other ports: " << error.what() << '\n';
    kill();
    fs::remove_all(folder_ / "data");
    fs::remove(log_file());
    return false;
  }
}

KafkaBroker::~KafkaBroker() {
  int status = 0;
  if (running() && ::waitpid(pid_, &status, WNOHANG) == pid_) {
    // Nobody asked it to: every failure before this line has its cause here.
    std::cerr << "Kafka broker: ended by itself with status " << status << ":\n" << text_of(log_file()) << '\n';
    pid_ = -1;
  }
  kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string KafkaBroker::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void KafkaBroker::write_settings(const Properties& properties) const {
  std::ofstream file(folder_ / "server.properties");
  const std::string broker = address();
  const std::string controller = "127.0.0.1:" + std::to_string(controller_port_);
  file << "process.roles=broker,controller\n"
          "node.id=1\n"
          "controller.quorum.voters=1@"
       << controller << "\nlisteners=PLAINTEXT://" << broker << ",CONTROLLER://" << controller
       << "\nadvertised.listeners=PLAINTEXT://" << broker
       << "\ncontroller.listener.names=CONTROLLER\n"
          "inter.broker.listener.name=PLAINTEXT\n"
          "log.dirs="
       << (folder_ / "data").string()
       << "\nauto.create.topics.enable=false\n"
          "offsets.topic.replication.factor=1\n"
          "offsets.topic.num.partitions=3\n"
          "transaction.state.log.replication.factor=1\n"
          "transaction.state.log.min.isr=1\n"
          "transaction.state.log.num.partitions=3\n"
          "share.coordinator.state.topic.replication.factor=1\n"
          "share.coordinator.state.topic.min.isr=1\n"
          "share.coordinator.state.topic.num.partitions=3\n"
          "group.initial.rebalance.delay.ms=0\n"
          "group.min.session.timeout.ms=500\n"
          // A restarted broker is refused until its old session ends: these make that short.
          "broker.session.timeout.ms=1500\n"
          "broker.heartbeat.interval.ms=300\n";
  for (const auto& [name, value] : properties)
    file << name << '=' << value << '\n';
  std::ofstream(folder_ / "log4j2.properties") << "appender.out.type=Console\n"
                                                  "appender.out.name=out\n"
                                                  "appender.out.layout.type=PatternLayout\n"
                                                  "appender.out.layout.pattern=%d %p %c{1} %m%n\n"
                                                  "rootLogger.level=warn\n"
                                                  "rootLogger.appenderRef.out.ref=out\n"
                                                  "logger.server.name=kafka.server.KafkaRaftServer\n"
                                                  "logger.server.level=info\n";
}

/// Its ports and data are given, so it is merely asked again.
void KafkaBroker::start_again() {
  for (int tries = 1;; ++tries) {
    try {
      return start();
    } catch (const std::exception& error) {
      kill();
      if (tries >= kTries) throw;
      std::cerr << "Kafka broker: starting it once more: " << error.what() << '\n';
    }
  }
}

void KafkaBroker::start() {
  std::error_code none_yet;
  const auto log_begin = fs::file_size(log_file(), none_yet);
  auto arguments = java_arguments(jars_, folder_);
  arguments.emplace_back("kafka.Kafka");
  arguments.push_back((folder_ / "server.properties").string());
  pid_ = spawn_java(arguments, log_file());
  wait_until_ready(none_yet ? 0 : log_begin);
}

void KafkaBroker::wait_until_ready(std::uintmax_t log_begin) {
  const auto until = std::chrono::steady_clock::now() + kReadyWithin;
  while (text_of(log_file(), log_begin).find("Kafka Server started") == std::string::npos) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      fail("ended while starting: " + text_of(log_file(), log_begin));
    }
    if (std::chrono::steady_clock::now() > until) fail("not ready in time: " + text_of(log_file(), log_begin));
    std::this_thread::sleep_for(20ms);
  }
}

void KafkaBroker::stop() {
  if (!running()) return;
  ::kill(pid_, SIGTERM);
  const auto until = std::chrono::steady_clock::now() + kStopWithin;
  int status = 0;
  while (::waitpid(pid_, &status, WNOHANG) != pid_) {
    if (std::chrono::steady_clock::now() > until) {
      kill();
      fail("did not stop in time");
    }
    std::this_thread::sleep_for(20ms);
  }
  pid_ = -1;
}

void KafkaBroker::kill() {
  if (!running()) return;
  ::kill(pid_, SIGKILL);
  reap();
}

void KafkaBroker::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

void KafkaBroker::freeze() {
  if (running()) ::kill(pid_, SIGSTOP);
}

void KafkaBroker::thaw() {
  if (running()) ::kill(pid_, SIGCONT);
}

void KafkaBroker::restart() {
  stop();
  start_again();
}

}  // namespace linekeeper::test
