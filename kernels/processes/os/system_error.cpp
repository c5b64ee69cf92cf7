#include "processes/os/system_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace processes {

namespace {

struct Row {
  int error;
  std::string_view call;  // prefix of the call's name; empty: any call
  std::string_view advice;
};

constexpr std::string_view no_process =
    "the process limit is reached: raise ulimit -u or the cgroup's pids.max, or use fewer workers";
constexpr std::string_view denied =
    "this kernel lacks the call, or a container's seccomp profile denies it: allow it there, or run outside";

/// EPERM has other reasons in calls that are not listed here.
constexpr std::array rows{
    Row{EMFILE, "", "each pool worker needs a descriptor, or four with pipes: raise ulimit -n, or use fewer workers"},
    Row{ETOOMANYREFS, "",
        "the processes of this user have as many descriptors in flight as one process may open: raise ulimit -n, or "
        "start fewer pools at once"},
    Row{ENFILE, "", "the system's limit of open files is reached: raise the sysctl fs.file-max"},
    Row{EAGAIN, "fork", no_process},
    Row{EAGAIN, "pthread_create", no_process},
    Row{EFBIG, "", "the file size limit is reached: raise ulimit -f"},
    Row{ENOMEM, "", "a memory limit is reached: raise ulimit -v and ulimit -d, or use less memory"},
    Row{ENOSYS, "", denied},
    Row{EPERM, "eventfd", denied},
    Row{EPERM, "fork", denied},
    Row{EPERM, "memfd_create", denied},
    Row{EPERM, "pipe2", denied},
    Row{EPERM, "prctl", denied},
    Row{EPERM, "signalfd", denied},
    Row{EPERM, "socketpair", denied},
};

std::string with_advice(const std::string& text, int error, std::string_view call) {
  const std::string_view what_to_do = advice(error, call);
  return what_to_do.empty() ? text : fmt::format("{} ({})", text, what_to_do);
}

}  // namespace

std::string_view advice(int error, std::string_view call) {
  const auto* const row =
      std::ranges::find_if(rows, [&](const Row& each) { return each.error == error && call.starts_with(each.call); });
  return row == rows.end() ? "" : row->advice;
}

std::system_error system_error(int error, const std::string& what, std::string_view call) {
  return {error, std::generic_category(), with_advice(what, error, call)};
}

std::system_error system_error(int error, const std::string& call) { return system_error(error, call, call); }

std::string describe(int error, std::string_view call) {
  return with_advice(std::generic_category().message(error), error, call);
}

void throw_system_error(const char* call) { throw system_error(errno, call); }

}  // namespace processes
