#include "host/descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "host/files.hpp"

namespace host {

namespace {

namespace fs = std::filesystem;

/// The open descriptors; nothing if /proc cannot be read.
std::optional<std::vector<int>> open_descriptors(const fs::path& root) {
  std::error_code error;
  std::vector<int> open;
  fs::directory_iterator entry(root / "proc/self/fd", error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    if (const auto descriptor = number(entry->path().filename().string()))
      open.push_back(static_cast<int>(*descriptor));
  }
  if (error) return std::nullopt;
  return open;
}

}  // namespace

rlim_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) throw std::system_error(errno, std::generic_category(), "getrlimit");
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  // The hard limit may exceed the system's current limit (proc(5), fs.nr_open).
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

void close_descriptors(int first, int last, const fs::path& root) {
  if (first > last) return;
  if (::close_range(static_cast<unsigned>(first), static_cast<unsigned>(last), 0) == 0) return;
  if (const auto open = open_descriptors(root)) {
    for (const int descriptor : *open) {
      if (first <= descriptor && descriptor <= last) ::close(descriptor);
    }
    return;
  }
  // Up to the hard limit: the soft limit may have been lowered since they were opened.
  constexpr rlim_t most = rlim_t{1} << 20U;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) limit.rlim_max = most;
  const int end = std::min(last, static_cast<int>(std::min(limit.rlim_max, most)));
  for (int descriptor = first; descriptor <= end; ++descriptor) ::close(descriptor);
}

void fill_standard_streams(const char* file) {
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    // open() returns the lowest free number, which is this one.
    if (::open(file, O_RDWR) < 0) static_cast<void>(::open("/", O_PATH));
  }
}

}  // namespace host
