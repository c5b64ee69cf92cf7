// The cost of forking two children that do nothing, with little or much memory in the program. fork_pipe has its
// samples in shared memory. Bare forks, for comparison, have as much in private memory. A fork copies the page tables
// of private memory only, so fork_pipe should take as long with 1.6 GB as without.
// without.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

#include "backends/backend.hpp"
#include "families/dispatch/dispatch.hpp"
#include "loops/typed.hpp"
#include "processes/os/descriptor.hpp"

namespace bench::dispatch::forks {

namespace {

constexpr int children = 2;
constexpr std::int64_t d = 2;
constexpr std::array<std::uint64_t, 2> residents{0, 1'600'000'000};  // bytes
/// With less available memory, 1.6 GB would evict other data.
constexpr std::uint64_t memory_for_much = 4'000'000'000;

constexpr std::int64_t samples_of(std::uint64_t resident) {
  return static_cast<std::int64_t>(resident / (d * sizeof(double)));
}

/// Returns the size of the data, without touching it.
std::uint64_t look_away(std::span<const double> data, std::int64_t /*task*/) { return data.size(); }

/// A started backend with its defaults; only its calls are timed.
class ForkPipe {
 public:
  explicit ForkPipe(std::uint64_t resident) : started_(held([resident] { return start(resident); })) {}

  void once() { started_.backend->run({}, std::as_writable_bytes(std::span(sizes_))); }
  [[nodiscard]] std::optional<std::string> wrong() const {
    for (const std::uint64_t size : sizes_) {
      if (auto wrong = difference(size, started_.size)) return wrong;
    }
    return std::nullopt;
  }

 private:
  /// Shared by the cases, since filling the data takes seconds.
  struct Started {
    std::uint64_t size = 0;
    std::unique_ptr<backends::Backend> backend;
  };

  static Started start(std::uint64_t resident) {
    const std::uint64_t size = std::max<std::uint64_t>(1, resident / sizeof(double));
    processes::SharedMemory data(size * sizeof(double));
    std::fill_n(reinterpret_cast<double*>(data.data()), size, 1.0);
    Started started{size, backends::find("fork_pipe").make()};
    started.backend->start(loops::map<look_away>({.tasks = children, .data = std::move(data)}), children);
    return started;
  }

  Started& started_;
  std::array<std::uint64_t, children> sizes_{};
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
Candidate with_resident(const std::string& who, Kind kind, std::uint64_t resident) {
  const std::string operation = "fork/resident:" + std::to_string(resident);
  return candidate({.who = who,
                    .operation = operation,
                    .workers = children,
                    .wait = "block",
                    .memory = resident > 0 ? memory_for_much : 0,
                    .samples = samples_of(resident),
                    .group = who + "/" + operation,  // the data of one must not be in memory during the other
                    .kind = kind},
                   [resident] { return Operation(resident); });
}

std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  for (const std::uint64_t resident : residents) {
    all.push_back(with_resident<ForkPipe>("fork_pipe", Kind::cost, resident));
    all.push_back(with_resident<Fork>("fork", Kind::limit, resident));
  }
  return all;
}

const Part part(candidates);

}  // namespace

}  // namespace bench::dispatch::forks
