// What a piece of code could leave behind: child processes, threads, descriptors, mappings.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

namespace resources {

inline std::ptrdiff_t entries(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

/// The numbers of this process's children.
inline std::vector<pid_t> children() {
  std::vector<pid_t> found;
  const std::string parent = std::to_string(getpid());
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    const std::string name = process.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream status(process.path() / "status");
    for (std::string line; std::getline(status, line);) {
      if (line == "PPid:\t" + parent) found.push_back(std::stoi(name));
    }
  }
  return found;
}

/// Whether this process has any child, running or not yet reaped.
inline bool has_child() {
  siginfo_t info{};
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

struct Snapshot {
  bool child = has_child();
  std::ptrdiff_t threads = entries("/proc/self/task");
  std::ptrdiff_t descriptors = entries("/proc/self/fd");
  /// 0 under a sanitizer, whose own allocator maps memory as it goes.
  std::ptrdiff_t mappings = [] {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return std::ptrdiff_t{0};
#endif
    std::ifstream maps("/proc/self/maps");
    std::ptrdiff_t lines = 0;
    for (std::string line; std::getline(maps, line);) ++lines;
    return lines;
  }();

  bool operator==(const Snapshot&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Snapshot& s) {
  return out << (s.child ? "a child" : "no child") << ", " << s.threads << " threads, " << s.descriptors
             << " descriptors, " << s.mappings << " mappings";
}

}  // namespace resources
