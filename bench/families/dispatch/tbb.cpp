// The same empty tasks in oneTBB's threads, set up as in the backend. oneTBB decides how threads wait, and the calling
// thread may run tasks.
#include <fmt/format.h>
#include <oneapi/tbb/task_group.h>

#include <algorithm>

#include "backends/check_threads.hpp"
#include "backends/tbb_arena.hpp"
#include "families/dispatch/dispatch.hpp"

namespace bench::dispatch::tbb_tasks {

namespace {

constexpr int workers = 2;
constexpr std::size_t map_tasks = 100;

class Apply {
 public:
  Apply() { backends::check_threads(workers); }

  void once() {
    ++asked_;
    threads_.execute([this] {
      oneapi::tbb::task_group tasks;
      tasks.run([this] { answer_ = asked_; });
      tasks.wait();
    });
  }
  [[nodiscard]] std::optional<std::string> wrong() const { return difference(answer_, asked_); }

 private:
  backends::TbbArena threads_{workers};
  std::uint64_t asked_ = 0;
  std::uint64_t answer_ = 0;
};

class Map {
 public:
  Map() { backends::check_threads(workers); }

  void once() {
    ++asked_;
    threads_.for_each(map_tasks, [this](std::size_t task) { answers_[task] = asked_; });
  }
  [[nodiscard]] std::optional<std::string> wrong() const {
    return difference(static_cast<std::uint64_t>(std::ranges::count(answers_, asked_)), map_tasks);
  }

 private:
  backends::TbbArena threads_{workers};
  std::uint64_t asked_ = 0;
  std::vector<std::uint64_t> answers_ = std::vector<std::uint64_t>(map_tasks);
};

const Part part([] {
  std::vector<Candidate> all;
  for (const std::chrono::microseconds pause : {std::chrono::microseconds(0), std::chrono::microseconds(long_pause)}) {
    Settings settings{.who = "tbb", .operation = "apply", .workers = workers, .pause = pause};
    all.push_back(candidate(settings, [] { return Apply(); }));
    settings.operation = fmt::format("map/tasks:{}", map_tasks);
    all.push_back(candidate(settings, [] { return Map(); }));
  }
  return all;
});

}  // namespace

}  // namespace bench::dispatch::tbb_tasks
