// The overhead of processes::ProcessPool with empty tasks.
#include "processes/pool.hpp"

#include <numeric>

#include "families/dispatch/dispatch.hpp"

namespace bench::dispatch::pools {

namespace {

constexpr int map_tasks = 100;

int same(int value) { return value; }

std::vector<int> upto(int count) {
  std::vector<int> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0);
  return values;
}

/// A pool whose workers have all run a task.
class WarmPool : public processes::ProcessPool {
 public:
  explicit WarmPool(const Settings& settings) : ProcessPool(settings.workers, pool_options(settings)) {
    map(same, upto(settings.workers), {.chunk = 1});  // one task for each idle worker
  }
};

class Apply {
 public:
  explicit Apply(const Settings& settings) : pool_(settings) {}

  void once() { answer_ = pool_.apply(same, ++asked_); }
  [[nodiscard]] std::optional<std::string> wrong() const {
    return difference(static_cast<std::uint64_t>(answer_), static_cast<std::uint64_t>(asked_));
  }

 private:
  WarmPool pool_;
  int asked_ = 0;
  int answer_ = 0;
};

class Map {
 public:
  explicit Map(const Settings& settings) : pool_(settings) {}

  void once() { answers_ = pool_.map(same, asked_); }
  [[nodiscard]] std::optional<std::string> wrong() const {
    if (answers_ == asked_) return std::nullopt;
    return "wrong results of tasks";
  }

 private:
  WarmPool pool_;
  std::vector<int> asked_ = upto(map_tasks);
  std::vector<int> answers_;
};

class Lifetime {
 public:
  explicit Lifetime(Settings settings) : settings_(std::move(settings)) {}

  void once() {
    const processes::ProcessPool pool(settings_.workers, pool_options(settings_));
    begun_ = pool.statistics().workers_begun;
  }
  [[nodiscard]] std::optional<std::string> wrong() const {
    return difference(begun_, static_cast<std::uint64_t>(settings_.workers));
  }

 private:
  Settings settings_;
  std::uint64_t begun_ = 0;
};

template <class Operation>
Candidate of_pool(const Settings& settings) {
  return candidate(settings, [settings] { return Operation(settings); });
}

std::vector<Candidate> candidates() {
  const std::string map = "map/tasks:" + std::to_string(map_tasks);
  std::vector<Candidate> all;
  for (const int workers : {1, 2}) {
    for (const char* wait : {"spin", "block"}) {
      all.push_back(of_pool<Apply>({.who = "pool_shared", .operation = "apply", .workers = workers, .wait = wait}));
      all.push_back(of_pool<Map>({.who = "pool_shared", .operation = map, .workers = workers, .wait = wait}));
    }
  }
  Settings after_pause{.who = "pool_shared", .operation = "apply", .workers = 2, .wait = "spin", .pause = long_pause};
  all.push_back(of_pool<Apply>(after_pause));
  after_pause.operation = map;
  all.push_back(of_pool<Map>(after_pause));
  all.push_back(of_pool<Apply>({.who = "pool_pipe", .operation = "apply", .workers = 1, .wait = "block"}));
  all.push_back(of_pool<Map>({.who = "pool_pipe", .operation = map, .workers = 2, .wait = "block"}));
  for (const char* who : {"pool_shared", "pool_pipe"}) {
    all.push_back(of_pool<Apply>({.who = who, .operation = "apply", .workers = 1, .wait = "block", .processors = 1}));
    all.push_back(of_pool<Map>({.who = who, .operation = map, .workers = 2, .wait = "block", .processors = 1}));
    all.push_back(of_pool<Lifetime>({.who = who, .operation = "lifetime", .workers = 2, .wait = "block"}));
  }
  return all;
}

const Part part(candidates);

}  // namespace

}  // namespace bench::dispatch::pools
