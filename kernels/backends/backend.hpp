// A backend schedules the blocks of a loop on workers: serially, on threads, or on processes.
//
//   auto backend = backends::find("tbb").make();
//   backend->start(loop, workers);          may fork, start threads, map memory
//   backend->run(parameters, answer);       blocking; the only timed part when warm; any number of times
//   backend->stop();                        leaves no process, thread, descriptor or mapping behind
//
// A backend has no arithmetic, no partitioning and no clock: these are the same for all. An implementation runs each
// block of a Call exactly once in schedule(). What it needs for several calls it creates in begin() and destroys in
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

#include "backends/call.hpp"
#include "loops/loop.hpp"

namespace backends {

class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;  ///< an implementation calls stop(): destroying a started backend leaves nothing behind

  /// Throws std::invalid_argument for workers outside 1 to 4,096 and for a loop that loops::check() rejects,
  /// std::logic_error if started already, std::system_error if the system denies a process, and std::runtime_error if
  /// an environment variable limits OpenMP to fewer threads. If the system denies a thread, OpenMP ends the program;
  /// oneTBB throws std::runtime_error from run(), or ends the program too: see Description::check.
  void start(const loops::Loop& loop, int workers);

  /// Writes the answer for the parameters, loops::answer_bytes() long. Throws std::invalid_argument if either has the
  /// wrong size, std::logic_error if not started, processes::WorkerLost if a worker process died in or before this
  /// call, and a task's exception (processes::TaskError from a worker process).
  void run(std::span<const std::byte> parameters, std::span<std::byte> answer);
  std::vector<std::byte> run(std::span<const std::byte> parameters);

  /// Overwrites the results of earlier calls wherever they are stored: otherwise a skipped task could go unnoticed.
  void overwrite_results();

  /// Does nothing if not started.
  void stop();

 protected:
  /// Valid in own_tasks(), and from begin() to end().
  [[nodiscard]] Call& call() { return *call_; }
  [[nodiscard]] int workers() const { return workers_; }

 private:
  /// The tasks that this process runs, called before begin(): a loop that makes its data in parts makes that of these.
  virtual loops::Range own_tasks() { return {0, call().loop().tasks}; }
  virtual void begin() {}
  virtual void schedule(Call& call) = 0;
  virtual void end() {}
  /// Overwrites results that the implementation stores outside of the Call.
  virtual void overwrite_own_results() {}

  std::unique_ptr<Call> call_;
  int workers_ = 0;
};

inline constexpr int most_workers = 4096;

/// Throws std::invalid_argument unless there are 1 to most_workers.
void check_workers(std::int64_t workers);

/// The kind of workers.
enum class Mechanism { neither, threads, processes };

std::string_view name(Mechanism mechanism);

/// How a program that uses the backend is started.
enum class Launch {
  directly,
  mpirun,  ///< as several processes at once, its ranks: each executes the same calls and gets the same answers
};

/// Of a program that mpirun started: which of its processes this is, and how many there are.
struct Ranks {
  int rank = 0;
  int size = 1;
};

/// A backend in the registry.
struct Description {
  std::string name;
  std::string summary;                       ///< one line, shown to users
  Mechanism mechanism = Mechanism::neither;  ///< `neither`: always one worker
  /// Whether start() creates something that run() reuses; if not, cold and warm are the same case.
  bool warms_up = false;
  Launch launch = Launch::directly;
  bool threads_in_ranks = false;  ///< with Launch::mpirun: each rank has as many workers; else a rank is a worker
  /// With Launch::mpirun. Throws std::runtime_error unless mpirun, or
  /// another launcher of MPI, started the program.
  std::function<Ranks()> ranks = [] { return Ranks{}; };
  /// Adds the numbers of all ranks, one by one; all get the sums. Every rank calls it, with as many numbers.
  std::function<void(std::span<std::int64_t>)> sum = [](std::span<std::int64_t> /*numbers*/) {};
  /// A scheduler for comparison: measured only in the families loops, grain and dispatch.
  bool peer = false;
  std::function<std::unique_ptr<Backend>()> make;
  /// Throws std::runtime_error if the system denies so many workers and start() or run() might end the program for
  /// that. Call it before them, outside of timed code: it may create threads.
  std::function<void(int workers)> check = [](int /*workers*/) {};
};

/// Every backend of this build: serial first, then by name.
const std::vector<Description>& registry();

/// A backend of the source tree that is not in this build, and why.
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
