// What a pool's worker is sent, and the loop that it runs.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/os/signals.hpp"
#include "processes/transport/channel.hpp"
#include "processes/transport/wire.hpp"

namespace processes {

/// Any function pointer; the function that travels with it knows its type. Parent and worker are the same program at
/// the same addresses, since a worker is forked without exec: a function pointer is the same function in both.
using ErasedFunction = void (*)();

/// Where a task's result goes.
class Answer {
 public:
  virtual ~Answer() = default;
  virtual void give(const Encode& encode) = 0;
};

/// Takes the arguments of one task, calls the function with them, and gives its result.
using Runner = void (*)(ErasedFunction function, Decoder& arguments, Answer& answer);

/// Followed by the arguments of each task, one nested message a task. Without a runner it tells the worker to end.
struct RequestHeader {
  Runner runner = nullptr;
  ErasedFunction function = nullptr;
  std::uint32_t tasks = 0;
  std::uint32_t publish_times = 0;  ///< whether the parent wants to know when they started
};

/// A function that returns nothing, with its arguments; see call() in pool.hpp.
struct Call {
  struct Target {
    void (*invoke)(ErasedFunction function, Decoder& arguments) = nullptr;  ///< nothing is called if it is null
    ErasedFunction function = nullptr;
  };

  Target target;
  std::string arguments;  ///< encoded
};

/// A type of exception that travels; see rethrown() in pool/rethrown.hpp.
struct Rethrown {
  bool (*put)(Encoder& out) = nullptr;  ///< the exception that is being handled; false if it is of another type
  std::exception_ptr (*take)(Decoder& in) = nullptr;
};

/// The same for all workers of a pool.
struct WorkerSettings {
  TransportOptions transport;
  std::uint64_t tasks_per_worker = 0;  ///< after so many a worker ends by itself; 0 is without limit
  Call initialiser;
  std::vector<Rethrown> rethrown;
  SignalActions signals;  ///< the program's, as they were when it made the pool
};

/// Answers requests until asked to end, or until the parent has ended; returns the worker's exit code. An exception of
/// the initialiser, which runs first, ends the worker.
int run_worker(const WorkerSettings& settings, Port& port, pid_t parent);

/// In a worker: the memory that stands at that position in the pool's option `shared`; writable if it was
/// made with Others::write. Throws std::out_of_range, also in a process that is no worker.
const SharedMemory& shared_memory(std::size_t position);

/// What shared_memory() gives in this process from now on.
void set_shared_memory(std::vector<SharedMemory> memory);

}  // namespace processes
