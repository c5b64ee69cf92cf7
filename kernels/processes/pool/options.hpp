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

struct PoolOptions {
  /// How requests and responses travel, see channel.hpp.
  Transport transport = Transport::shared;

  /// Runs first in every worker, replacements too: call(function, arguments...). An exception of it ends the worker.
  Call initialiser = {};

  /// Large data that every worker can read, without a copy, and write, where it was made with Others::write:
  /// processes::shared_memory(position) gives it to a task.
  std::vector<SharedMemory> shared = {};

  /// A worker ends after so many tasks, and another one takes its place; 0 is without limit.
  std::uint64_t tasks_per_worker = 0;

  /// A task that has not ended so long after its start is DeadlineExceeded, and its worker is killed with the whole
  /// group of processes that the task has begun; at most 100 years, 0 is without limit. It is watched while a call of
  /// the pool or of one of its futures runs, or always with a driver. The initialiser may take as long, or a minute if
  /// that is more; it is watched from when its worker is given a task. A call may have a deadline of its own.
  std::chrono::nanoseconds deadline{0};

  /// Exceptions of tasks that are thrown again as what they are, where others are TaskError: rethrown<MyError, ...>().
  std::vector<Rethrown> rethrown = {};

  /// Whether a thread of the pool's own lets work advance while no call of the pool runs. It costs a switch of threads
  /// a call. With it the program has another thread, so that pools made after this one need a ForkServer, as this one
  /// does where its supervisor was killed.
  bool driver = false;

  /// How often a task may be started. 1: at most once. More only for tasks that may run again after they were cut
  /// short: a task whose worker died is started again, alone with its worker, and after the last attempt is set aside.
  int attempts = 1;

  /// Max consecutive start-up failures: once so many workers in a row have died before their initialiser returned, no
  /// more are started. The pool goes on with those that live, or is broken.
  int max_start_failures = 10;

  /// How long the system may deny whatever a worker needs (a process, descriptors, memory) while the pool has no
  /// worker at all. Until then it is asked again and again; after it, the pool is broken.
  std::chrono::nanoseconds start_patience = std::chrono::seconds(30);

  /// Bytes of the arguments of one task, and of its result, at the most, with some tens of bytes around them. A message
  /// takes address space and memory only when it comes.
  std::size_t message_limit = std::size_t{1} << 30U;

  /// How long either side spins for the other one before it sleeps; 0 is never. It offers the processor to others
  /// meanwhile, and only as many workers spin as there are processors.
  std::chrono::nanoseconds spin = std::chrono::microseconds(100);
};

/// What one call asks for: pool.map(function, items, {.chunk = 100}).
struct CallOptions {
  /// Tasks that a worker is given at once. 0: of a map ceil(n / (4 workers)), as in Python; of imap 1.
  std::size_t chunk = 0;

  /// As the pool's own, which it replaces; 0: the pool's.
  std::chrono::nanoseconds deadline{0};

  /// Of imap: how many tasks are on their way or have results that were not yet taken, at the most. It bounds the
  /// memory that a long call takes. 0: four chunks a worker.
  std::size_t window = 0;
};

/// As many workers as this program may keep processors busy: its affinity, and the quota of its cgroups; at least 1.
int default_workers();

/// What has happened in a pool so far.
struct PoolStatistics {
  std::uint64_t workers_begun = 0;
  std::uint64_t workers_lost = 0;     ///< ended otherwise than by close() and join() or after tasks_per_worker tasks
  std::uint64_t tasks_retried = 0;    ///< started again after their worker's death
  std::uint64_t tasks_set_aside = 0;  ///< WorkerLost after the last of several attempts
  std::uint64_t deadlines_exceeded = 0;
  /// Of both directions: requests for some tasks each, and a response a task; 1 a call on the board, and 1 an
  /// exception.
  std::uint64_t messages = 0;
  std::uint64_t message_bytes = 0;  ///< of these, and of arguments and results that have places of their own

  bool operator==(const PoolStatistics&) const = default;
};

}  // namespace processes
