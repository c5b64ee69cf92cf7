// The options of a pool, and its statistics.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/pool/calls/rethrown.hpp"
#include "processes/transport/channel.hpp"
#include "processes/workers/worker.hpp"

namespace processes {

inline constexpr int most_workers = 4096;
/// A thread that waits for short tasks may spin that long: then come some checks, and other threads' timeouts.
inline constexpr std::chrono::milliseconds longest_spin{10};

struct PoolOptions {
  /// How requests and responses are sent, see channel.hpp.
  Transport transport = Transport::shared;

  /// Runs first in every worker, also in replacements: call(function, arguments...). If it throws, the worker ends.
  Call initialiser = {};

  /// Large data that workers read without a copy, and may write if it was made with Others::write. A task gets it by
  /// processes::shared_memory(position).
  std::vector<SharedMemory> shared = {};

  /// A worker ends after so many tasks and is replaced; 0: no limit.
  std::uint64_t tasks_per_worker = 0;

  /// A task that runs longer ends with DeadlineExceeded: its worker is killed with its process group. At most 100
  /// years; 0: no limit. Deadlines are checked while a call of the pool or of one of its futures runs, and always with
  /// a driver. The initialiser has the same deadline, but at least a minute, counted from when its worker is given a
  /// task. A call may have its own deadline.
  std::chrono::nanoseconds deadline{0};

  /// Exceptions of tasks that are rethrown with their own type, not as TaskError: rethrown<MyError, ...>().
  std::vector<Rethrown> rethrown = {};

  /// Whether a thread of the pool advances work while no call of the pool runs. It costs a context switch a call. It
  /// also is another thread of the program: pools made later need a ForkServer, and so does this one if its supervisor
  /// is killed.
  bool driver = false;

  /// How often a task may be started. 1: at most once. Use more only for tasks that may safely run again after a crash:
  /// if its worker dies, the task is retried alone in a worker, up to this many attempts.
  int attempts = 1;

  /// Max consecutive start-up failures: after so many workers in a row have died before their initialiser returned, no
  /// more are started. The pool goes on with its live workers; without one it is broken.
  int max_start_failures = 10;

  /// How long the system may deny what a worker needs (a process, descriptors, memory) while the pool has no worker.
  /// The pool retries until then, and is broken after it. It is broken at once if no later try can succeed, as without
  /// the fork server that it needs. A supervisor that takes more than 0.1 s to begin counts as denied until it has.
  std::chrono::nanoseconds start_patience = std::chrono::seconds(30);

  /// Max size in bytes of one task's arguments, and of its result, including some tens of bytes of overhead. Address
  /// space and memory are taken only for the messages that are sent.
  std::size_t message_limit = std::size_t{1} << 30U;

  /// How long either side spins for the other before it sleeps, at most 10 ms; 0: never. It yields the CPU meanwhile,
  /// and at most as many workers spin as there are CPUs.
  std::chrono::nanoseconds spin = std::chrono::microseconds(100);
};

/// The options of one call: pool.map(function, items, {.chunk = 100}).
struct CallOptions {
  /// Tasks a chunk. 0: ceil(n / (4 workers)) for map, as in Python; 1 for imap.
  std::size_t chunk = 0;

  /// Replaces the pool's deadline for this call; 0: the pool's.
  std::chrono::nanoseconds deadline{0};

  /// Of imap: max number of tasks that are submitted and whose results are not yet taken. It bounds the memory of a
  /// long call, and its chunks to a window / workers. 0: four chunks a worker.
  std::size_t window = 0;
};

/// As many workers as this program may use CPUs, by its affinity and its cgroup quotas; at least 1.
int default_workers();

/// Counters since the pool was made.
struct PoolStatistics {
  std::uint64_t workers_begun = 0;
  std::uint64_t workers_lost = 0;     ///< ended other than by close() and join(), or after tasks_per_worker tasks
  std::uint64_t tasks_retried = 0;    ///< started again after their worker died
  std::uint64_t tasks_set_aside = 0;  ///< WorkerLost after the last of several attempts
  std::uint64_t deadlines_exceeded = 0;
  /// In both directions: requests for some tasks each, a response per task. A call on the board counts 1, and each
  /// exception of it 1.
  std::uint64_t messages = 0;
  std::uint64_t message_bytes = 0;  ///< of messages, and of arguments and results on the board

  bool operator==(const PoolStatistics&) const = default;
};

}  // namespace processes
