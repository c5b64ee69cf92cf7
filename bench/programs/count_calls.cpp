// Calls a backend or a pool repeatedly with nearly no work, and prints its allocations and messages. counts.py runs it
// under strace with two numbers of calls: the difference is due to the calls.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "backends/backend.hpp"
#include "command_line/command.hpp"
#include "host/program.hpp"
#include "loops/typed.hpp"
#include "processes/pool.hpp"
#include "programs/count_calls_task.hpp"
#include "programs/counting_malloc.hpp"
#include "text/shown.hpp"

namespace {

constexpr int workers = 2;
constexpr std::size_t tasks = 100;

std::vector<std::int64_t> expected() {
  std::vector<std::int64_t> all(tasks);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

void check(const std::vector<std::int64_t>& answer) {
  if (answer != expected()) throw std::runtime_error("wrong results of tasks");
}

void by_backend(const std::string& name, std::int64_t calls, bool warm) {
  const loops::Loop loop = loops::map<count_calls::task>({.tasks = tasks});
  const auto backend = backends::find(name).make();
  std::vector<std::int64_t> answer(tasks);
  if (warm) backend->start(loop, workers);
  for (std::int64_t call = 0; call < calls; ++call) {
    if (!warm) backend->start(loop, workers);
    backend->run({}, std::as_writable_bytes(std::span(answer)));
    if (!warm) backend->stop();
  }
  if (warm) backend->stop();
  check(answer);
}

processes::PoolStatistics by_pool(processes::Transport transport, std::int64_t calls) {
  const std::vector<std::int64_t> asked = expected();
  processes::PoolOptions options;
  options.transport = transport;
  options.spin = std::chrono::nanoseconds(0);
  processes::ProcessPool pool(workers, options);
  for (std::int64_t call = 0; call < calls; ++call) check(pool.map(count_calls::task, asked));
  pool.close();
  pool.join();
  return pool.statistics();
}

struct Scheduler {
  std::string name;  ///< with its start, if it has two
  std::function<std::optional<processes::PoolStatistics>(std::int64_t calls)> call;
};

std::vector<Scheduler> schedulers() {
  std::vector<Scheduler> all;
  for (const backends::Description& each : backends::registry()) {
    for (const bool warm : {false, true}) {
      if (warm && !each.warms_up) continue;
      all.push_back({each.name + (warm ? " warm" : " cold"), [&each, warm](std::int64_t calls) {
                       by_backend(each.name, calls, warm);
                       return std::nullopt;
                     }});
    }
  }
  using processes::Transport;
  all.push_back({"pool_shared map", [](std::int64_t calls) { return by_pool(Transport::shared, calls); }});
  all.push_back({"pool_pipe map", [](std::int64_t calls) { return by_pool(Transport::pipe, calls); }});
  return all;
}

int run(int argc, char** argv) {
  command_line::Command command("count_calls", "Calls a scheduler with next to no work; for make counts.");
  const std::vector<Scheduler> all = schedulers();
  std::vector<std::string> names;
  for (const Scheduler& each : all) names.push_back(each.name);
  std::string name;
  std::int64_t calls = 1;
  command.required("SCHEDULER", name, "one that --schedulers lists");
  command.positive("CALLS", calls, "how many");
  command.flag_that_prints("--schedulers", fmt::format("{}", fmt::join(names, "\n")), "list them, and end");
  if (const auto status = command.parse(argc, argv)) return *status;
  for (const Scheduler& each : all) {
    if (each.name != name) continue;
    const auto pool = each.call(calls);
    const auto allocations = counting_malloc::allocations();
    fmt::print("tasks {}\nworkers {}\n", tasks, workers);
    if (allocations) fmt::print("allocations {}\n", *allocations);
    if (pool) fmt::print("messages {}\nmessage_bytes {}\n", pool->messages, pool->message_bytes);
    return 0;
  }
  return command.refuse(fmt::format("not a scheduler: {}; choose one that --schedulers lists", text::quoted(name)));
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("count_calls", [&] { return run(argc, argv); });
}
