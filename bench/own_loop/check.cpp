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

/// What the child does.
enum class Doing { make, tasks, reference };

/// "task 17" or "a task of 16 to 23".
std::string named(loops::Range tasks) {
  const std::int64_t last = tasks.end - 1;
  return tasks.begin == last ? fmt::format("task {}", last) : fmt::format("a task of {} to {}", tasks.begin, last);
}

/// In memory that both processes see. The child writes, and may end at any moment.
struct Progress {
  std::atomic<Doing> doing{Doing::make};
  std::atomic<std::int64_t> first_task{0};
  std::atomic<std::int64_t> end_task{0};
  std::atomic<std::uint64_t> steps{0};  ///< goes up whenever something new begins
  std::atomic<bool> done{false};
  Checked checked;                   ///< once it is done
  std::array<char, 4096> message{};  ///< or what is wrong, ending with 0

  void begin(Doing now, loops::Range tasks = {}) {
    doing.store(now, std::memory_order_relaxed);
    first_task.store(tasks.begin, std::memory_order_relaxed);
    end_task.store(tasks.end, std::memory_order_relaxed);
    steps.fetch_add(1, std::memory_order_release);
  }

  /// The first byte last: another process reads the rest once that is there.
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

/// A loop has plain functions, which find here what they are to watch. Of the child.
struct Watched {
  Progress* progress = nullptr;
  void (*run)(const loops::Input& input, loops::Range tasks, std::byte* results) = nullptr;
  bool task_by_task = false;
  pid_t process = 0;
};
Watched watched;

void run_and_note(const loops::Input& input, loops::Range tasks, std::byte* results) {
  // After an exception the backend runs the other blocks, of which nothing is to be known.
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
    if (::getpid() != watched.process) {  // it would run the rest too, and all that is measured
      // The parent has gone on meanwhile, and what is current is its task.
      watched.progress->fail(fmt::format("{} forked, and its child came back from it: the child must end in the task",
                                         named({task, task + step})));
      ::_exit(1);
    }
    results += input.result_bytes;
  }
}

/// Two answers are compared. Without this the system would end the program, or another one, when memory runs out.
void require_memory(const loops::Loop& loop) {
  const std::size_t bytes = loops::answer_bytes(loop);
  const std::uint64_t available = bench::limits_here().memory;
  if (bytes <= available / 2) return;
  throw Fault(
      fmt::format("{} results of {} bytes, twice, are more than the {} MiB of memory that are available: choose "
                  "smaller sizes, or merge the results",
                  loop.tasks, loop.result_bytes, available >> 20U));
}

std::vector<std::byte> call(backends::Backend& serial, const loops::Work& work) {
  std::vector<std::byte> answer = serial.run(work.parameters);
  if (watched.progress->failed()) throw Fault(watched.progress->message.data());
  return answer;
}

/// A child that a task forked and did not wait for ends, or comes back and says so itself, as soon as it may run.
/// Throws Fault if it comes back. One that does neither may be a service of the loop's own, which is not waited for
/// longer.
void await_children() {
  constexpr std::chrono::seconds at_most{10};
  const auto end = Clock::now() + at_most;
  while (::waitpid(-1, nullptr, WNOHANG) >= 0 && !watched.progress->failed() && Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (watched.progress->failed()) throw Fault(watched.progress->message.data());
}

/// In the child. Throws Fault, and what make() throws.
Checked check_here(const loops::Description& loop, std::int64_t size, Progress& progress) {
  progress.begin(Doing::make);
  const loops::Work work = loop.make(size);
  if (work.loop.tasks < 1) {
    throw Fault(fmt::format("make() gives a loop of {} tasks: at least 1", work.loop.tasks));
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
        fmt::format("two serial calls give different answers: {}; a result may depend on nothing but the task "
                    "and the input",
                    wrong));
  }
  if (work.reference) {
    progress.begin(Doing::reference);
    const std::vector<std::byte> expected = work.reference();
    if (expected.size() != once.size()) {
      throw Fault(fmt::format("reference() gives {} bytes, and the answer has {}", expected.size(), once.size()));
    }
    if (const std::string wrong = loops::difference(work.loop, expected, once); !wrong.empty()) {
      throw Fault(fmt::format("the serial answer differs from reference(): {}", wrong));
    }
  }
  return {work.loop.tasks, static_cast<std::int64_t>(work.loop.result_bytes), seconds};
}

/// The child's whole life.
int check_in_child(const loops::Description& loop, std::int64_t size, Progress& progress) {
  ::dup2(STDERR_FILENO, STDOUT_FILENO);  // what the loop prints must not be in the document
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

/// Waits for the end. Throws Fault where nothing new begins for `limit`, and says before that it waits.
void watch(const processes::ProcessHandle& child, const Progress& progress, const std::string& where,
           std::chrono::seconds limit) {
  const std::chrono::seconds long_time = std::min(std::chrono::seconds(10), limit / 2);
  constexpr int milliseconds_between_looks = 200;
  bool said = long_time.count() == 0;  // after a second there is no need to
  auto since = Clock::now();
  std::uint64_t steps = progress.steps;
  while (!child.wait(milliseconds_between_looks)) {
    const auto now = Clock::now();
    if (const std::uint64_t found = progress.steps; found != steps) {
      steps = found;
      since = now;
    }
    if (now - since >= long_time && !std::exchange(said, true)) {
      fmt::print(stderr, "{}: {} has run for {} s, and is ended after {} s\n", where, progress.current(),
                 long_time.count(), limit.count());
    }
    if (now - since >= limit) {
      throw Fault(fmt::format("{} has not ended after {} s: if it is slow by nature, choose smaller sizes",
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
