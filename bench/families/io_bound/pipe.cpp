// A task that asks and waits for the answer: what it waits for is somebody else, here a thread of the program that
// answers every question a millisecond after it was asked.
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

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

/// Questions come through one pipe, and the answers to each task through one of its own. Every wait is equally long, so
/// that to answer in the order of the questions keeps nobody waiting for another's.
class Answerer {
 public:
  Answerer() : thread_([this] { answer(); }) {}
  Answerer(const Answerer&) = delete;
  Answerer& operator=(const Answerer&) = delete;
  ~Answerer() { questions_.writer.close(); }  // which ends the thread

  /// This process, where it takes questions, and where each task finds its answer.
  [[nodiscard]] std::vector<double> query() const {
    std::vector<double> query{static_cast<double>(::getpid()), static_cast<double>(questions_.writer.get())};
    for (const processes::Pipe& pipe : answers_) query.push_back(pipe.reader.get());
    return query;
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

/// Until there is something to read, or the program has ended. A child that it forked holds the writers of all answers
/// itself, so that no read of its own would ever find the end of the stream. Throws std::system_error, ESRCH if the
/// program has ended.
void await(const processes::Descriptor& answers, pid_t program) {
  const processes::Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, program, 0)));
  if (!ended) processes::throw_system_error("pidfd_open");
  std::array either{pollfd{answers.get(), POLLIN, 0}, pollfd{ended.get(), POLLIN, 0}};
  while (::poll(either.data(), either.size(), -1) < 0) {
    if (errno != EINTR) processes::throw_system_error("poll");
  }
  if (either[0].revents == 0) throw std::system_error(ESRCH, std::generic_category(), "the program that answers");
}

/// Gives how many bytes its answer has; none if what it read is the answer to another task.
parzen::Count ask(const parzen::Problem& problem, std::int64_t task) {
  const parzen::Query& query = problem.query;
  const processes::Descriptor questions = reopen(query[0], query[1], O_WRONLY);
  const processes::Descriptor answers = reopen(query[0], query[2 + task], O_RDONLY);
  const Asked asked{Clock::now(), task};
  processes::write_all(questions, bytes_of(asked));
  Asked answered;
  do {
    await(answers, static_cast<pid_t>(query[0]));
    if (!read(answers, answered)) return 0;
  } while (answered.task == task && answered.at < asked.at);  // nobody stayed to read it: its case had failed
  return answered == asked ? sizeof answered : 0;
}

const parzen::Kernel kernel{"pipe", "asks, and reads the answer a millisecond later", do_tasks<ask>};

Question question() {
  const auto answerer = std::make_shared<Answerer>();
  Question asked = ask_all(answerer->query(), sizeof(Asked));
  asked.kept = answerer;
  return asked;
}

}  // namespace

}  // namespace pipes

CaseSettings pipe() { return operation(pipes::kernel, pipes::question); }

}  // namespace bench::io_bound
