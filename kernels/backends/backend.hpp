// A backend schedules the blocks of a loop over workers: in order, over threads, over processes.
//
//   auto backend = backends::find("tbb").make();
//   backend->start(loop, workers);          may fork, start threads, map memory
//   backend->run(parameters, answer);       blocking; the only timed part when warm; any number of times
//   backend->stop();                        leaves no process, thread, descriptor or mapping behind
//
// It holds no arithmetic, no partitioning and no clock: these are the same for all. An implementation says how the
// blocks of a Call get executed, each once, in schedule(); and what it makes before and takes down after in begin() and
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
  virtual ~Backend() = default;  ///< an implementation leaves nothing behind either when it is destroyed while started

  /// Throws std::invalid_argument for workers outside 1 to 4,096 and for a loop that loops::check() rejects,
  /// std::logic_error if started, std::system_error when the system gives no process, std::runtime_error where a
  /// variable of the environment allows OpenMP fewer threads. When the system gives no thread, OpenMP ends the program;
  /// oneTBB throws std::runtime_error from run(), or ends the program too: see Description::check.
  void start(const loops::Loop& loop, int workers);

  /// Writes the answer to the parameters, of loops::answer_bytes(). Throws std::invalid_argument for another number of
  /// bytes of either, std::logic_error if not started, processes::WorkerLost when a worker process has died, in this
  /// call or before it, and what a task throws: from a worker process, processes::TaskError.
  void run(std::span<const std::byte> parameters, std::span<std::byte> answer);
  std::vector<std::byte> run(std::span<const std::byte> parameters);

  /// Overwrites the results of earlier calls, wherever they lie: a backend that skips a task must not find them right.
  void overwrite_results();

  /// Does nothing if not started.
  void stop();

 protected:
  /// From begin() to end().
  [[nodiscard]] Call& call() { return *call_; }
  [[nodiscard]] int workers() const { return workers_; }

 private:
  virtual void begin() {}
  virtual void schedule(Call& call) = 0;
  virtual void end() {}
  /// Of results that the implementation keeps elsewhere than in the Call.
  virtual void overwrite_own_results() {}

  std::unique_ptr<Call> call_;
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
  /// Another scheduler to compare with: measured in families loops, grain and dispatch alone.
  bool peer = false;
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
