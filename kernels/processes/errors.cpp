#include "processes/errors.hpp"

#include <fmt/format.h>

namespace processes {

TaskError::TaskError(std::size_t index_, std::string type_, std::string message_)
    : std::runtime_error(fmt::format("task {} threw {}: {}", index_, type_, message_)),
      index(index_),
      type(std::move(type_)),
      message(std::move(message_)) {}

WorkerLost::WorkerLost(std::size_t first_, std::size_t last_, ExitStatus status_)
    : std::runtime_error(first_ == last_
                             ? fmt::format("a worker ended by {} during task {}", status_.describe(), first_)
                             : fmt::format("a worker ended by {} during one of the tasks {} to {}", status_.describe(),
                                           first_, last_)),
      first(first_),
      last(last_),
      status(status_) {}

}  // namespace processes
