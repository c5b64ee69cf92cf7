// The same empty tasks under the thread schedulers that are only measured for comparison, and in ranks of MPI, set up
// as in their backends.
//
//   map        all of them: a call of the backend
//   apply      ranks of MPI: a call with one task; and those that hand a single task to another thread; std_par and
//   pthreadpool run it in the calling one lifetime   those that create their threads before the first call
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <thread>

#include "backends/backend.hpp"
#include "families/dispatch/dispatch.hpp"
#include "loops/typed.hpp"

namespace bench::dispatch::schedulers {

namespace {

constexpr int workers = 2;
constexpr std::int64_t map_tasks = 100;

std::uint64_t same(const std::uint64_t& value, std::int64_t /*task*/) { return value; }

/// A loop of empty tasks under a warm backend; its threads exist already, if it keeps any between calls.
class Map {
 public:
  Map(const std::string& who, std::int64_t tasks, int count = workers)
      : runner_(backends::find(who), loops::map<same>({.tasks = tasks}), count, Start::warm),
        answers_(static_cast<std::size_t>(tasks)) {}

  void once() {
    ++asked_;
    runner_.run(std::as_bytes(std::span(&asked_, 1)), std::as_writable_bytes(std::span(answers_)));
  }
  [[nodiscard]] std::optional<std::string> wrong() const {
    return difference(static_cast<std::uint64_t>(std::ranges::count(answers_, asked_)), answers_.size());
  }

 private:
  LoopRunner runner_;
  std::uint64_t asked_ = 0;
  std::vector<std::uint64_t> answers_;
};

/// A new thread for one task; the backend itself would run it in the calling thread.
class ThreadForATask {
 public:
  void once() {
    ++asked_;
    std::thread([this] { answer_ = asked_; }).join();
  }
  [[nodiscard]] std::optional<std::string> wrong() const { return difference(answer_, asked_); }

 private:
  std::uint64_t asked_ = 0;
  std::uint64_t answer_ = 0;
};

class Lifetime {
 public:
  explicit Lifetime(const std::string& who) : other_(who, workers), backend_(backends::find(who).make()) {}

  void once() {
    backend_->start(loop_, workers);
    backend_->stop();
  }
  /// Checks one more pool, since a pool that ends at once has no answers.
  [[nodiscard]] std::optional<std::string> wrong() const {
    backend_->start(loop_, workers);
    const std::uint64_t asked = 1;
    const std::vector<std::byte> answers = backend_->run(std::as_bytes(std::span(&asked, 1)));
    backend_->stop();
    return answers == loops::bytes_of(std::array{asked, asked}) ? std::nullopt
                                                                : std::optional<std::string>("wrong results of tasks");
  }

 private:
  Map other_;  // keeps the library loaded: loading it is not part of a pool's lifetime
  loops::Loop loop_ = loops::map<same>({.tasks = workers});
  std::unique_ptr<backends::Backend> backend_;
};

std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  const auto add_calls = [&all](const backends::Description& backend, const std::string& operation,
                                std::int64_t tasks) {
    for (const std::chrono::microseconds pause :
         {std::chrono::microseconds(0), std::chrono::microseconds(long_pause)}) {
      if (pause.count() > 0 && !backend.warms_up) continue;
      const int count = backend.launch == backends::Launch::mpirun ? backend.ranks().size : workers;
      const Settings settings{
          .who = backend.name, .operation = operation, .workers = count, .pause = pause, .peer = backend.peer};
      all.push_back(candidate(settings, [who = backend.name, tasks, count] { return Map(who, tasks, count); }));
    }
  };
  const auto add_lifetime = [&all](const std::string& who) {
    all.push_back(candidate({.who = who, .operation = "lifetime", .workers = workers, .peer = true},
                            [who] { return Lifetime(who); }));
  };
  for (const backends::Description& backend : backends::registry()) {
    // One rank alone runs every task itself.
    const bool ranks = backend.launch == backends::Launch::mpirun && backend.ranks().size > 1;
    if (!backend.peer && !ranks) continue;
    add_calls(backend, fmt::format("map/tasks:{}", map_tasks), map_tasks);
    if (ranks || backend.name == "thread_pool") add_calls(backend, "apply", 1);
    if (backend.name == "thread_pool" || backend.name == "pthreadpool") add_lifetime(backend.name);
  }
  all.push_back(candidate({.who = "std_thread", .operation = "apply", .workers = 1, .peer = true},
                          [] { return ThreadForATask(); }));
  return all;
}

const Part part(candidates);

}  // namespace

}  // namespace bench::dispatch::schedulers
