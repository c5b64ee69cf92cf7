#include "processes/pool/errors.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "processes/os/system_error.hpp"

namespace processes {

namespace {

std::string lost_message(std::size_t task, const ExitStatus& status, int attempts) {
  if (attempts == 1) return fmt::format("task {}: its worker ended by {} while the task ran", task, status.describe());
  if (attempts == 0) {
    return fmt::format("task {}: workers ended before they could start it, the last one by {}", task,
                       status.describe());
  }
  return fmt::format(
      "task {} was started {} times, and its worker ended each time, the last one by {}: it is not "
      "retried",
      task, attempts, status.describe());
}

}  // namespace

TaskError::TaskError(std::size_t task, std::string exception_type, std::string exception_message)
    : PoolError(fmt::format("task {} threw {}{}{}", task, exception_type, exception_message.empty() ? "" : ": ",
                            exception_message)),
      index(task),
      type(std::move(exception_type)),
      message(std::move(exception_message)) {}

WorkerLost::WorkerLost(std::size_t task, ExitStatus worker_status, int times)
    : PoolError(lost_message(task, worker_status, times)), index(task), status(worker_status), attempts(times) {}

DeadlineExceeded::DeadlineExceeded(std::size_t task, std::chrono::nanoseconds deadline)
    : PoolError(fmt::format("task {} exceeded its deadline of {} s and was killed", task,
                            std::chrono::duration<double>(deadline).count())),
      index(task) {}

MessageTooLarge::MessageTooLarge(std::size_t task, std::size_t size, std::size_t limit)
    : PoolError(fmt::format("the arguments of task {} take {} bytes, but the pool's message_limit is {}: raise "
                            "it, or put the data into PoolOptions::shared",
                            task, size, limit)),
      index(task) {}

OutOfAddressSpace::OutOfAddressSpace(std::size_t task, const std::string& what, std::size_t bytes)
    : PoolError(system_error(ENOMEM,
                             fmt::format("{} of task {}{} has no room in this process's address space", what, task,
                                         bytes > 0 ? fmt::format(" ({} bytes)", bytes) : ""),
                             "mremap")
                    .what()),
      index(task) {}

Cancelled::Cancelled(std::size_t task) : PoolError(fmt::format("task {} was cancelled", task)), index(task) {}

TimedOut::TimedOut(std::chrono::nanoseconds timeout)
    : PoolError(fmt::format("no result after {} s; the call is still running",
                            std::chrono::duration<double>(timeout).count())) {}

}  // namespace processes
