// What it costs to fork two children that do nothing, in a program that has little or much in memory: fork_pipe, whose
// samples lie in shared memory, and beside it bare forks where as much lies in private memory. A fork copies the page
// tables of private memory and not those of shared memory, so the first should take as long with 1.6 GB as without.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "backends/backend.hpp"
#include "families/dispatch/dispatch.hpp"
#include "processes/os/descriptor.hpp"

namespace bench::dispatch::forks {

namespace {

constexpr int children = 2;
constexpr std::int64_t d = 2;
constexpr std::array<std::uint64_t, 2> residents{0, 1'600'000'000};  // bytes
/// Where so much is not available, 1.6 GB would be taken from somebody.
constexpr std::uint64_t memory_for_much = 4'000'000'000;

constexpr std::int64_t samples_of(std::uint64_t resident) {
  return static_cast<std::int64_t>(resident / (d * sizeof(double)));
}

void count_all(const parzen::Problem&, parzen::Range samples, std::span<const double>,
               std::span<parzen::Count> counts) {
  std::ranges::fill(counts, samples.size());
}

const parzen::Kernel no_work{"no_work", "counts every sample without looking at it", count_all};

/// The backend as everybody uses it, started: what is timed is one call.
class ForkPipe {
 public:
  explicit ForkPipe(std::uint64_t resident) : started_(held([resident] { return start(resident); })) {}

  void once() { counts_ = started_.backend->run(widths); }
  [[nodiscard]] std::optional<std::string> wrong() const {
    const auto n = static_cast<std::uint64_t>(started_.problem->samples.rows());
    for (const parzen::Count count : counts_) {
      if (auto wrong = difference(static_cast<std::uint64_t>(count), n)) return wrong;
    }
    return difference(counts_.size(), widths.size());
  }

 private:
  static constexpr std::array<double, children> widths{1.0, 2.0};  // a task a child

  /// Held, since to fill and check the samples takes seconds.
  struct Started {
    std::unique_ptr<parzen::Problem> problem;  // the backend knows its address
    std::unique_ptr<backends::Backend> backend;
  };

  static Started start(std::uint64_t resident) {
    const std::int64_t n = std::max<std::int64_t>(1, samples_of(resident));
    Started started{std::make_unique<parzen::Problem>(), backends::find("fork_pipe").make()};
    *started.problem = {parzen::Samples::Ones(n, d), parzen::Query::Zero(d)};
    started.backend->start({*started.problem, no_work, backends::Decomposition::by_width}, children);
    return started;
  }

  Started& started_;
  parzen::Counts counts_;
};

class Fork {
 public:
  explicit Fork(std::uint64_t resident)
      : resident_(held([resident] { return std::vector<double>(resident / sizeof(double), 1.0); })) {}

  void once() {
    std::array<pid_t, children> pids{};
    for (pid_t& pid : pids) {
      pid = ::fork();
      if (pid < 0) processes::throw_system_error("fork");
      if (pid == 0) ::_exit(exit_code);
    }
    ended_ = 0;
    for (const pid_t pid : pids) {
      int status = 0;
      if (::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == exit_code) ++ended_;
    }
  }
  [[nodiscard]] std::optional<std::string> wrong() const { return difference(ended_, children); }

 private:
  static constexpr int exit_code = 7;

  const std::vector<double>& resident_;
  std::uint64_t ended_ = 0;
};

template <class Operation>
Candidate with_resident(const std::string& who, std::uint64_t resident) {
  const std::string operation = "fork/resident:" + std::to_string(resident);
  return candidate({.who = who,
                    .operation = operation,
                    .workers = children,
                    .wait = "block",
                    .memory = resident > 0 ? memory_for_much : 0,
                    .samples = samples_of(resident),
                    .group = who + "/" + operation},  // what one has in memory, the other must not
                   [resident] { return Operation(resident); });
}

std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  for (const std::uint64_t resident : residents) {
    all.push_back(with_resident<ForkPipe>("fork_pipe", resident));
    all.push_back(with_resident<Fork>("fork", resident));
  }
  return all;
}

const Part part(candidates);

}  // namespace

}  // namespace bench::dispatch::forks
