#include <algorithm>

#include "backends/backend.hpp"
#include "processes/pool/errors.hpp"
#include "processes/process.hpp"
#include "processes/queue.hpp"

namespace backends {

namespace {

/// What a child sends: a task's position, and its counts. Answers come in any order; the position puts them in theirs.
using Answer = std::pair<std::size_t, parzen::Counts>;

/// The article's first example: one child a worker for one call, and a queue back.
class ForkPipe : public Backend {
  void schedule(Work& work) override {
    const auto children = std::min(static_cast<std::size_t>(workers()), work.size());
    processes::Queue<Answer> answers;
    std::vector<processes::Process> processes;
    for (std::size_t child = 0; child < children; ++child) {
      processes
          .emplace_back([&work, &answers, child, children] {
            for (std::size_t task = child; task < work.size(); task += children) {
              work.execute(task);
              const auto counts = work.counts_of(task);
              answers.put({task, {counts.begin(), counts.end()}});
            }
            return 0;
          })
          .start();
    }
    answers.close_writer();
    std::vector<bool> answered(work.size(), false);
    while (const auto answer = answers.get()) {
      std::ranges::copy(answer->second, work.counts_of(answer->first).begin());
      answered[answer->first] = true;
    }
    processes::ExitStatus failure;
    for (auto& process : processes) {
      if (const auto status = process.join(); !status.ok()) failure = status;
    }
    const auto first = std::ranges::find(answered, false);
    if (first != answered.end()) {
      throw processes::WorkerLost(static_cast<std::size_t>(first - answered.begin()), failure);
    }
  }
};

const Registration fork_pipe_registration({
    .name = "fork_pipe",
    .summary = "one child process a worker for one call, counts back through a pipe",
    .mechanism = Mechanism::processes,
    .make = [] { return std::make_unique<ForkPipe>(); },
});

}  // namespace

}  // namespace backends
