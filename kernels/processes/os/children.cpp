#include "processes/os/children.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>

#include "host/files.hpp"
#include "processes/os/not_cancelled.hpp"

namespace processes {

namespace {

namespace fs = std::filesystem;

/// Not every kernel provides the list of children (proc(5), children), so this reads every process's parent. Returns
/// nothing if /proc belongs to another PID namespace or cannot be read.
std::optional<std::vector<pid_t>> children_in(const fs::path& proc) {
  const std::string self = std::to_string(::getpid());
  std::error_code error;
  if (fs::read_symlink(proc / "self", error).string() != self) return std::nullopt;
  std::vector<pid_t> found;
  fs::directory_iterator entry(proc, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const auto pid = host::number(entry->path().filename().string());
    if (!pid) continue;
    std::ifstream status(entry->path() / "status");
    if (!status && (errno == EMFILE || errno == ENFILE)) return std::nullopt;  // and not because it has ended
    for (std::string line; std::getline(status, line);) {
      if (line == "PPid:\t" + self) found.push_back(static_cast<pid_t>(*pid));
    }
  }
  if (error) return std::nullopt;
  return found;
}

pid_t most_pids(const fs::path& proc) {
  constexpr pid_t most = 1 << 22;  // the limit of all Linux systems (PID_MAX_LIMIT)
  std::ifstream file(proc / "sys/kernel/pid_max");
  pid_t found = 0;
  return file >> found && found > 0 && found < most ? found : most;
}

}  // namespace

bool is_child(pid_t pid) noexcept {
  const NotCancelled not_cancelled;
  siginfo_t found{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &found, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

std::vector<pid_t> children(const fs::path& proc) {
  std::vector<pid_t> found;
  if (const auto listed = children_in(proc)) {
    for (const pid_t pid : *listed) {
      if (is_child(pid)) found.push_back(pid);
    }
    return found;
  }
  return children_by_number(proc);
}

std::vector<pid_t> children_by_number(const fs::path& proc) {
  std::vector<pid_t> found;
  const pid_t end = most_pids(proc);
  for (pid_t pid = 1; pid <= end; ++pid) {
    if (is_child(pid)) found.push_back(pid);
  }
  return found;
}

}  // namespace processes
