// A backend schedules the tasks of one count over workers: in order, over threads, over processes.
//
//   auto backend = backends::find("tbb").make();
//   backend->start({problem, parzen::kernel("literal"), Decomposition::by_width}, workers);   may fork, start threads
//   parzen::Counts counts = backend->run(widths);   blocking; the only timed part when warm; any number of times
//   backend->stop();                                leaves no process, thread, descriptor or mapping behind
//
// It holds no arithmetic, no partitioning and no clock: these are the same for all. An implementation says how the
// tasks of a Work get executed, each once, in schedule(); and what it makes before and takes down after in begin() and
// end().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parzen/counting/kernel.hpp"
#include "parzen/problem.hpp"

namespace backends {

/// How a count is cut into tasks.
enum class Decomposition {
  by_width,   ///< the article's: one task a width, over all samples
  by_sample,  ///< one task a block of samples, for all widths; the counts of the blocks are summed
};

std::string_view name(Decomposition decomposition);

/// What is counted and how: by a kernel of parzen::kernels(), or by one of the program's own. The problem and the
/// kernel outlive the backend's stop().
struct Plan {
  /// Throws std::invalid_argument for a problem that parzen::check refuses: here, once, since a look at all samples may
  /// take longer than to count them.
  Plan(const parzen::Problem& counted, const parzen::Kernel& by, Decomposition cut = Decomposition::by_width);

  const parzen::Problem& problem;
  const parzen::Kernel& kernel;
  Decomposition decomposition;
};

/// A rectangle of the samples-by-widths plane.
struct Task {
  parzen::Range samples;
  parzen::Range widths;
};

/// One call of run(): its tasks, and a place for the counts of each, so that no two tasks ever write to the same one.
class Work {
 public:
  Work(const Plan& plan, std::span<const double> widths, int workers);

  [[nodiscard]] std::size_t size() const { return tasks_.size(); }
  [[nodiscard]] const Task& task(std::size_t index) const { return tasks_[index]; }
  [[nodiscard]] std::span<const double> widths_of(std::size_t index) const;
  /// Where the counts of the task go, one a width.
  [[nodiscard]] std::span<parzen::Count> counts_of(std::size_t index);

  /// Counts one task. Different tasks may be executed at once.
  void execute(std::size_t index);

  /// The counts of all tasks put together, one a width.
  [[nodiscard]] parzen::Counts total() const;

 private:
  const Plan& plan_;
  std::span<const double> widths_;
  std::vector<Task> tasks_;
  std::vector<std::size_t> offsets_;  // of a task's counts
  parzen::Counts counts_;
};

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;  ///< an implementation leaves nothing behind either when it is destroyed while started

  /// Throws std::invalid_argument for workers outside 1 to 4,096, std::logic_error if started, std::system_error when
  /// the system gives no process, std::runtime_error where a variable of the environment allows OpenMP fewer threads.
  /// When the system gives no thread, OpenMP ends the program; oneTBB throws std::runtime_error from run(), or ends the
  /// program too: see Description::check.
  void start(const Plan& plan, int workers);

  /// Counts for each width, in the order of the widths. Throws std::invalid_argument for widths that
  /// parzen::check_widths refuses, std::logic_error if not started, processes::WorkerLost when a worker process has
  /// died, in this call or before it.
  parzen::Counts run(std::span<const double> widths);

  /// Does nothing if not started.
  void stop();

 protected:
  [[nodiscard]] const Plan& plan() const { return *plan_; }
  [[nodiscard]] int workers() const { return workers_; }

 private:
  virtual void begin() {}
  virtual void schedule(Work& work) = 0;
  virtual void end() {}

  std::unique_ptr<Plan> plan_;
  int workers_ = 0;
};

inline constexpr int most_workers = 4096;

/// Throws std::invalid_argument unless there are 1 to most_workers.
void check_workers(std::int64_t workers);

/// What workers are: the answer's choice.
enum class Mechanism { neither, threads, processes };

std::string_view name(Mechanism mechanism);

/// What the registry knows of a backend.
struct Description {
  std::string name;
  std::string summary;                       ///< one line for people
  Mechanism mechanism = Mechanism::neither;  ///< `neither` has one worker, whatever it is asked for
  /// Whether start() makes something that run() then finds warm; otherwise cold and warm are one case.
  bool warms_up = false;
  std::function<std::unique_ptr<Backend>()> make;
  /// Throws std::runtime_error where the system does not give so many workers, and start() or run() might end the
  /// program for it. To be called before them, and outside of what is timed: it may make threads.
  std::function<void(int workers)> check = [](int /*workers*/) {};
};

/// Every backend of this build: serial first, then by name.
const std::vector<Description>& registry();

/// Why a backend of the source tree is not in this build.
struct LeftOut {
  std::string name;
  std::string reason;
};
std::vector<LeftOut> left_out();

/// The description of that name; throws std::invalid_argument with the list of names if there is none.
const Description& find(std::string_view name);

/// Registers a backend before main: one object of this type in the backend's own file.
class Registration {
 public:
  explicit Registration(Description description);
};

}  // namespace backends
