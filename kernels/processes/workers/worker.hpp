// The requests to a pool's worker, and the loop that it runs.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "processes/os/memory/shared_memory.hpp"
#include "processes/os/signals.hpp"
#include "processes/transport/channel.hpp"
#include "processes/transport/wire.hpp"

namespace processes {

/// Any function pointer, without its type. A worker is forked without exec, so a function has the same address in the
/// parent and in the worker.
using ErasedFunction = void (*)();

/// Receives a task's result.
class Answer {
 public:
  virtual ~Answer() = default;
  virtual void give(Encode encode) = 0;
};

/// Decodes the arguments of one task, calls the function and gives its result.
using Runner = void (*)(ErasedFunction function, Decoder& arguments, Answer& answer);

/// Followed by the arguments of each task, one nested message each. A null runner asks the worker to end.
struct RequestHeader {
  Runner runner = nullptr;
  ErasedFunction function = nullptr;
  std::uint32_t tasks = 0;
  std::uint32_t publish_times = 0;  ///< whether to publish when each task starts
};

/// A function that returns void, with its arguments; see call() in pool.hpp.
struct Call {
  struct Target {
    void (*invoke)(ErasedFunction function, Decoder& arguments) = nullptr;  ///< null: nothing is called
    ErasedFunction function = nullptr;
  };

  Target target;
  std::string arguments;  ///< encoded
};

/// An exception type that is rethrown in the parent; see rethrown() in pool/rethrown.hpp.
struct Rethrown {
  bool (*put)(Encoder& out) = nullptr;  ///< encodes the exception being handled; false if it has another type
  std::exception_ptr (*take)(Decoder& in) = nullptr;
};

/// The exception's message: empty if its what() is null, as the standard allows.
std::string_view message_of(const std::exception& error) noexcept;

/// Settings that all workers of a pool share.
struct WorkerSettings {
  TransportOptions transport;
  std::uint64_t tasks_per_worker = 0;  ///< a worker ends after so many tasks; 0: no limit
  Call initialiser;
  std::vector<Rethrown> rethrown;
  SignalActions signals;  ///< the program's, from when it made the pool
};

/// Runs the initialiser, then answers requests until it is asked to end or the parent has ended. Returns the worker's
/// exit code. An exception of the initialiser ends the worker.
int run_worker(const WorkerSettings& settings, Port& port, pid_t parent);

/// In a worker: the memory at that position of PoolOptions::shared; writable if it was made with Others::write. Throws
/// std::out_of_range, also in a process that is not a worker.
const SharedMemory& shared_memory(std::size_t position);

/// Sets what shared_memory() returns in this process.
void set_shared_memory(std::vector<SharedMemory> memory);

}  // namespace processes
