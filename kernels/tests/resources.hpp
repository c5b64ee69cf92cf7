// What a test could leave behind: child processes, threads, descriptors, mappings.
#pragma once

#include <sys/random.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "sanitized.hpp"

namespace resources {

inline std::ptrdiff_t entries(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

/// The pids of a process's children, including ended ones that have not been reaped.
inline std::vector<pid_t> children(pid_t of = getpid()) {
  std::vector<pid_t> found;
  const std::string parent = std::to_string(of);
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

/// Children, their children, and so on.
inline std::vector<pid_t> descendants() {
  std::vector<pid_t> found = children();
  for (std::size_t next = 0; next < found.size(); ++next) {
    const std::vector<pid_t> more = children(found[next]);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

struct Snapshot {
  std::ptrdiff_t child_processes = std::ssize(children());
  std::ptrdiff_t threads = entries("/proc/self/task");
  std::ptrdiff_t descriptors = entries("/proc/self/fd");
  /// 0 with a sanitizer, whose allocator maps memory at any time.
  std::ptrdiff_t mappings = [] {
    if (sanitized::addresses || sanitized::threads) return std::ptrdiff_t{0};
    // The C library maps the state of its random numbers at the first use, and keeps it (glibc since 2.41).
    char byte = 0;
    [[maybe_unused]] const ssize_t drawn = getrandom(&byte, sizeof byte, GRND_NONBLOCK);
    std::ifstream maps("/proc/self/maps");
    std::ptrdiff_t lines = 0;
    for (std::string line; std::getline(maps, line);) ++lines;
    return lines;
  }();

  bool operator==(const Snapshot&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Snapshot& s) {
  return out << s.child_processes << " children, " << s.threads << " threads, " << s.descriptors << " descriptors, "
             << s.mappings << " mappings";
}

}  // namespace resources
