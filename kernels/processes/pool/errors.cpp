#include "processes/pool/errors.hpp"

#include <fmt/format.h>

#include <utility>

namespace processes {

namespace {

std::string lost_message(std::size_t task, const ExitStatus& status, int attempts) {
  if (attempts == 1) return fmt::format("task {}: its worker ended by {} while it ran", task, status.describe());
  if (attempts == 0) {
    return fmt::format("task {}: workers ended before they could start it, the last one by {}", task,
                       status.describe());
  }
  return fmt::format(
      "task {} was started {} times, and every time its worker ended, the last one by {}: it is not "
      "tried again",
      task, attempts, status.describe());
}

}  // namespace

TaskError::TaskError(std::size_t task, std::string exception_type, std::string exception_message)
    : std::runtime_error(fmt::format("task {} threw {}{}{}", task, exception_type,
                                     exception_message.empty() ? "" : ": ", exception_message)),
      index(task),
      type(std::move(exception_type)),
      message(std::move(exception_message)) {}

WorkerLost::WorkerLost(std::size_t task, ExitStatus worker_status, int times)
    : std::runtime_error(lost_message(task, worker_status, times)),
      index(task),
      status(worker_status),
      attempts(times) {}

DeadlineExceeded::DeadlineExceeded(std::size_t task, std::chrono::nanoseconds deadline)
    : std::runtime_error(fmt::format("task {} had not ended {} s after its start, which is the pool's deadline", task,
                                     std::chrono::duration<double>(deadline).count())),
      index(task) {}

MessageTooLarge::MessageTooLarge(std::size_t task, std::size_t size, std::size_t limit)
    : std::length_error(fmt::format("the arguments of task {} take {} bytes, and the pool's message_limit is {}: raise "
                                    "it, or put the data into shared memory once",
                                    task, size, limit)),
      index(task) {}

}  // namespace processes
