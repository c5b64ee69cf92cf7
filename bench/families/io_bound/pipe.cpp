// A task that sends a request and waits for the reply. A thread of the program replies to each request after one
// millisecond.
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <thread>
#include <utility>

#include "families/io_bound/io_bound.hpp"

namespace bench::io_bound {

namespace pipes {

namespace {

struct Asked {
  Clock::time_point at;
  std::int64_t task = 0;

  bool operator==(const Asked&) const = default;
};

template <class Value>
std::string_view bytes_of(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class Value>
bool read(const processes::Descriptor& descriptor, Value& value) {
  return processes::read_all(descriptor, reinterpret_cast<char*>(&value), sizeof value);
}

/// Requests share one pipe, and each task has its own pipe for replies. Every delay is equal, so replies in the order
/// of the requests delay no task.
class Answerer {
 public:
  Answerer() : thread_([this] { answer(); }) {}
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;
  ~Answerer() { questions_.writer.close(); }  // closing it ends the thread

  /// The descriptors for the tasks.
  [[nodiscard]] Pipes pipes() const {
    const std::int32_t program = ::getpid();
    Pipes pipes{{program, questions_.writer.get()}, {}};
    for (std::size_t task = 0; task < answers_.size(); ++task) {
      pipes.answers.at(task) = {program, answers_[task].reader.get()};
    }
    return pipes;
  }

 private:
  void answer() const {
    Asked asked;
    while (read(questions_.reader, asked)) {
      sleep_until(asked.at + wait);
      processes::write_all(answers_.at(static_cast<std::size_t>(asked.task)).writer, bytes_of(asked));
    }
  }

  static std::vector<processes::Pipe> open(std::int64_t count) {
    std::vector<processes::Pipe> pipes;
    for (std::int64_t pipe = 0; pipe < count; ++pipe) pipes.push_back(processes::Pipe::open());
    return pipes;
  }

  processes::Pipe questions_ = processes::Pipe::open();
  std::vector<processes::Pipe> answers_ = open(tasks);
  std::jthread thread_;  // last: it uses the others
};

/// Waits for a reply, or for the end of the program. A forked child holds the writers of all replies itself, so its
/// reads would never see the end of the stream. Throws std::system_error, ESRCH if the program has ended.
void await(const processes::Descriptor& answers, pid_t program) {
  const processes::Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, program, 0)));
  if (!ended) processes::throw_system_error("pidfd_open");
  std::array either{pollfd{answers.get(), POLLIN, 0}, pollfd{ended.get(), POLLIN, 0}};
  while (::poll(either.data(), either.size(), -1) < 0) {
    if (errno != EINTR) processes::throw_system_error("poll");
  }
  if (either[0].revents == 0) throw std::system_error(ESRCH, std::generic_category(), "the program that replies");
}

}  // namespace

}  // namespace pipes

std::int64_t ask(const Pipes& where, std::int64_t task) {
  const Remote& from = where.answers.at(static_cast<std::size_t>(task));
  const processes::Descriptor questions = reopen(where.questions, O_WRONLY);
  const processes::Descriptor answers = reopen(from, O_RDONLY);
  const pipes::Asked asked{Clock::now(), task};
  processes::write_all(questions, pipes::bytes_of(asked));
  pipes::Asked answered;
  do {
    pipes::await(answers, from.program);
    if (!pipes::read(answers, answered)) return 0;
  } while (answered.task == task && answered.at < asked.at);  // a stale reply: the case that asked for it failed
  return answered == asked ? sizeof answered : 0;
}

LoopCall pipe_call() {
  const auto answerer = std::make_shared<pipes::Answerer>();
  loops::Loop loop = loops::map<ask>({.tasks = tasks});
  loop.kept = answerer;
  return call_of(std::move(loop), loops::bytes_of(answerer->pipes()), sizeof(pipes::Asked));
}

CaseSettings pipe() { return case_of("pipe", pipe_call); }

}  // namespace bench::io_bound
