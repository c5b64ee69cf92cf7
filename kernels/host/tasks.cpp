#include "host/tasks.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <system_error>

#include "host/files.hpp"

namespace host {

namespace {

namespace fs = std::filesystem;

std::uint64_t left(std::uint64_t limit, std::uint64_t use) { return limit - std::min(limit, use); }

/// The number of this user's processes and threads, approximate while some start or end.
std::uint64_t tasks_of_user(const fs::path& root) {
  std::uint64_t tasks = 0;
  std::error_code error;
  for (const auto& process : fs::directory_iterator(root / "proc", error)) {
    const std::string name = process.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const fs::path status = process.path() / "status";
    // Not the folder's owner: that is root if a program has changed its user.
    if (number(word(read_field(status, "Uid"), 0)) != ::getuid()) continue;
    tasks += number(read_field(status, "Threads")).value_or(0);
  }
  return tasks;
}

}  // namespace

std::optional<std::uint64_t> available_tasks(const fs::path& root) {
  std::optional<std::uint64_t> tasks;
  for (const auto& group : cgroups("pids", root)) {
    const auto limit = number(read_text(group / "pids.max"));
    if (!limit) continue;
    const std::uint64_t rest = left(*limit, number(read_text(group / "pids.current")).value_or(0));
    tasks = std::min(rest, tasks.value_or(rest));
  }
  rlimit of_user{};
  if (::getuid() != 0 && ::getrlimit(RLIMIT_NPROC, &of_user) == 0 && of_user.rlim_cur != RLIM_INFINITY) {
    const std::uint64_t rest = left(of_user.rlim_cur, tasks_of_user(root));
    tasks = std::min(rest, tasks.value_or(rest));
  }
  return tasks;
}

}  // namespace host
