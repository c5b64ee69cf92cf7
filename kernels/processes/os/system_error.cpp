#include "processes/os/system_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace processes {

namespace {

struct Row {
  int error;
  std::string_view call;  // with which the name of the call begins; empty: any call
  std::string_view advice;
};

constexpr std::string_view no_process =
    "no further process may be made: raise ulimit -u or the cgroup's pids.max, or take fewer workers";
constexpr std::string_view denied =
    "this kernel has no such call, or a container's profile denies it: allow it there, or run outside";

/// EPERM has other reasons in calls that are not named here.
constexpr std::array rows{
    Row{EMFILE, "",
        "a worker of a pool takes a descriptor, or four with pipes: raise ulimit -n, or take fewer workers"},
    Row{ETOOMANYREFS, "",
        "of all that this user's processes send to each other, as many descriptors are on their way as one may open: "
        "raise "
        "ulimit -n, or begin fewer pools at once"},
    Row{ENFILE, "", "all files that the system may open are open: raise the sysctl fs.file-max"},
    Row{EAGAIN, "fork", no_process},
    Row{EAGAIN, "pthread_create", no_process},
    Row{EFBIG, "", "a file may not be as large: raise ulimit -f"},
    Row{ENOMEM, "", "memory is used up: raise ulimit -v and ulimit -d, or use less"},
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
