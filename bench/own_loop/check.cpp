#include "own_loop/check.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "backends/backend.hpp"
#include "machine/limits.hpp"
#include "processes/os/process_handle.hpp"
#include "processes/process.hpp"
#include "processes/shared_memory.hpp"
#include "text/shown.hpp"

namespace own_loop {

namespace {

using Clock = std::chrono::steady_clock;

/// The current step of the child.
enum class Doing { make, tasks, reference };

/// "task 17" or "a task of 16 to 23".
std::string named(loops::Range tasks) {
  const std::int64_t last = tasks.end - 1;
  return tasks.begin == last ? fmt::format("task {}", last) : fmt::format("a task of {} to {}", tasks.begin, last);
}

/// In shared memory. The child writes it, and may end at any moment.
struct Progress {
  std::atomic<Doing> doing{Doing::make};
  std::atomic<std::int64_t> first_task{0};
  std::atomic<std::int64_t> end_task{0};
  std::atomic<std::uint64_t> steps{0};  ///< incremented with every new step
  std::atomic<bool> done{false};
  Checked checked;                   ///< valid if done
  std::array<char, 4096> message{};  ///< or the error, ending with 0

  void begin(Doing now, loops::Range tasks = {}) {
    doing.store(now, std::memory_order_relaxed);
    first_task.store(tasks.begin, std::memory_order_relaxed);
    end_task.store(tasks.end, std::memory_order_relaxed);
    steps.fetch_add(1, std::memory_order_release);
  }

  /// Writes the first byte last: once it is set, the other process may read the rest.
  void fail(std::string_view what) {
    const std::size_t length = std::min(what.size(), message.size() - 1);
    std::memcpy(message.data() + 1, what.data() + 1, length - 1);
    message.at(length) = 0;
    std::atomic_ref(message.front()).store(what.front(), std::memory_order_release);
  }

  [[nodiscard]] bool failed() { return std::atomic_ref(message.front()).load(std::memory_order_acquire) != 0; }

  /// "make()", "task 17" or "a task of 16 to 23".
  [[nodiscard]] std::string current() const {
    switch (doing.load()) {
      case Doing::make:
        return "make()";
      case Doing::reference:
        return "reference()";
      case Doing::tasks:
        break;
    }
    return named({first_task, end_task});
  }
};

/// A loop has plain functions without state, so what they watch is global. Used in the child only.
struct Watched {
  Progress* progress = nullptr;
  void (*run)(const loops::Input& input, loops::Range tasks, std::byte* results) = nullptr;
  bool task_by_task = false;
  pid_t process = 0;
};
Watched watched;

void run_and_note(const loops::Input& input, loops::Range tasks, std::byte* results) {
  // After an exception the backend still runs the other blocks. Ignore them.
  if (watched.progress->failed()) return;
  const std::int64_t step = watched.task_by_task ? 1 : tasks.size();
  for (std::int64_t task = tasks.begin; task < tasks.end; task += step) {
    watched.progress->begin(Doing::tasks, {task, task + step});
    try {
      watched.run(input, {task, task + step}, results);
    } catch (const std::exception& error) {
      watched.progress->fail(fmt::format("{} threw an exception: {}", watched.progress->current(), error.what()));
      return;
    } catch (...) {
      watched.progress->fail(
          fmt::format("{} threw an exception that is not a std::exception", watched.progress->current()));
      return;
    }
    if (::getpid() != watched.process) {  // the child of a fork would run the other tasks, and all cases
      // The parent runs on, so current() is the parent's task by now.
      watched.progress->fail(
          fmt::format("{} forked, and its child returned from the task: end the child within the task",
                      named({task, task + step})));
      ::_exit(1);
    }
    results += input.result_bytes;
  }
}

/// The check holds two answers. Without this test, the system would kill this or another program when memory runs out.
void require_memory(const loops::Loop& loop) {
  const std::size_t bytes = loops::answer_bytes(loop);
  const std::uint64_t available = bench::limits_here().memory;
  if (bytes <= available / 2) return;
  throw Fault(
      fmt::format("the check needs {} results of {} bytes, twice, and {} MiB of memory are available: choose smaller "
                  "sizes, or merge the results",
                  loop.tasks, loop.result_bytes, available >> 20U));
}

std::vector<std::byte> call(backends::Backend& serial, const loops::Work& work) {
  std::vector<std::byte> answer = serial.run(work.parameters);
  if (watched.progress->failed()) throw Fault(watched.progress->message.data());
  return answer;
}

/// Waits up to 10 s for children that a task forked and did not wait for. Each ends, or returns from the task and
/// reports that itself. Throws Fault if one returns. One that does neither may be a service of the loop.
void await_children() {
  constexpr std::chrono::seconds at_most{10};
  const auto end = Clock::now() + at_most;
  while (::waitpid(-1, nullptr, WNOHANG) >= 0 && !watched.progress->failed() && Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (watched.progress->failed()) throw Fault(watched.progress->message.data());
}

/// Runs in the child. Throws Fault, and what make() throws.
Checked check_here(const loops::Description& loop, std::int64_t size, Progress& progress) {
  progress.begin(Doing::make);
  const loops::Work work = loop.make(size);
  if (work.loop.tasks < 1) {
    throw Fault(fmt::format("make() returned a loop of {} tasks: it needs at least 1", work.loop.tasks));
  }
  loops::Loop noted = work.loop;
  noted.run = run_and_note;
  watched = {
      .progress = &progress, .run = work.loop.run, .task_by_task = work.loop.merge == nullptr, .process = ::getpid()};
  loops::check(work.loop);
  require_memory(work.loop);
  const auto serial = backends::find("serial").make();
  serial->start(noted, 1);
  const std::vector<std::byte> once = call(*serial, work);
  watched.task_by_task = false;
  const auto begin = Clock::now();
  const std::vector<std::byte> again = call(*serial, work);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  await_children();
  if (const std::string wrong = loops::difference(work.loop, once, again); !wrong.empty()) {
    throw Fault(
        fmt::format("two serial calls gave different answers: {}; make each result depend only on the task and "
                    "the input",
                    wrong));
  }
  if (work.reference) {
    progress.begin(Doing::reference);
    const std::vector<std::byte> expected = work.reference();
    if (expected.size() != once.size()) {
      throw Fault(fmt::format("reference() returned {} bytes, and the answer has {}", expected.size(), once.size()));
    }
    if (const std::string wrong = loops::difference(work.loop, expected, once); !wrong.empty()) {
      throw Fault(fmt::format("the serial answer differs from reference(): {}", wrong));
    }
  }
  return {work.loop.tasks, static_cast<std::int64_t>(work.loop.result_bytes), seconds};
}

/// The child process from start to end.
int check_in_child(const loops::Description& loop, std::int64_t size, Progress& progress) {
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // what the loop prints must not be in the JSON on standard output
  try {
    progress.checked = check_here(loop, size, progress);
    progress.done = true;
  } catch (const Fault& fault) {
    progress.fail(fault.what());
  } catch (const std::exception& error) {
    progress.fail(fmt::format("{} threw an exception: {}", progress.current(), error.what()));
  } catch (...) {
    progress.fail(fmt::format("{} threw an exception that is not a std::exception", progress.current()));
  }
  return 0;
}

std::string how_it_ended(const processes::ExitStatus& status) {
  if (status.kind != processes::ExitStatus::Kind::signalled) {
    return fmt::format("ended the program ({})", status.describe());
  }
  const char* const name = ::sigabbrev_np(status.value);
  const std::string signal = name != nullptr ? fmt::format("SIG{}", name) : fmt::format("signal {}", status.value);
  return fmt::format("crashed: {}{}", signal,
                     status.value == SIGKILL ? " (the system sends it when memory runs out)" : "");
}

/// Waits for the child's end. Throws Fault if no new step starts within `limit`, and logs a warning before that.
void watch(const processes::ProcessHandle& child, const Progress& progress, const std::string& where,
           std::chrono::seconds limit) {
  const std::chrono::seconds long_time = std::min(std::chrono::seconds(10), limit / 2);
  constexpr int milliseconds_between_looks = 200;
  bool said = long_time.count() == 0;  // limits below two seconds need no warning
  auto since = Clock::now();
  std::uint64_t steps = progress.steps;
  while (!child.wait(milliseconds_between_looks)) {
    const auto now = Clock::now();
    if (const std::uint64_t found = progress.steps; found != steps) {
      steps = found;
      since = now;
    }
    if (now - since >= long_time && !std::exchange(said, true)) {
      fmt::print(stderr, "{}: {} has run for {} s; the limit is {} s\n", where, progress.current(), long_time.count(),
                 limit.count());
    }
    if (now - since >= limit) {
      throw Fault(fmt::format("{} has not ended after {} s: find what it waits for, or choose smaller sizes",
                              progress.current(), limit.count()));
    }
  }
}

}  // namespace

Checked check(const loops::Description& loop, std::int64_t size, std::chrono::seconds limit) {
  const std::string where = fmt::format("loop {}, size {}", loop.name, size);
  const processes::SharedMemory memory(sizeof(Progress));
  auto& progress = *new (memory.data()) Progress;
  processes::Process child([&] { return check_in_child(loop, size, progress); });
  try {
    child.start();
    watch(processes::ProcessHandle(child.pid()), progress, where, limit);
    const processes::ExitStatus status = child.join();
    if (progress.done) return progress.checked;
    if (progress.message.front() != 0) throw Fault(progress.message.data());
    throw Fault(fmt::format("{} {}", progress.current(), how_it_ended(status)));
  } catch (const Fault& fault) {
    throw Fault(fmt::format("{}: {}", where, text::escaped(fault.what())));
  }
}

}  // namespace own_loop
