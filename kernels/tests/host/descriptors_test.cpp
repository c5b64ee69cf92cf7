#include "host/descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string_view>
#include <vector>

#include "seccomp.hpp"

namespace {

TEST(DescriptorLimit, IsRaisedToTheHardLimit) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{before.rlim_max / 2, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(host::raise_descriptor_limit(), before.rlim_max);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, before.rlim_max);
  EXPECT_EQ(after.rlim_max, before.rlim_max);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/// The open descriptors from that number on. For a process that may close its descriptors.
std::vector<int> open_from(int first) {
  std::vector<int> open;
  for (int descriptor = first; descriptor < 1024; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) open.push_back(descriptor);
  }
  return open;
}

constexpr int first_own = 100;

/// 0 if the descriptors 100 to 200 except 150 were closed, 77 if the system call could not be denied.
int close_without_the_call(const std::filesystem::path& root) {
  constexpr int cannot_deny = 77;
  if (!seccomp::deny({SYS_close_range}, ENOSYS)) return cannot_deny;
  for (int descriptor = first_own; descriptor <= 2 * first_own; descriptor += 10) dup2(STDERR_FILENO, descriptor);
  host::close_descriptors(first_own, 149, root);
  host::close_descriptors(151, std::numeric_limits<int>::max(), root);
  return open_from(first_own) == std::vector{150} ? 0 : 1;
}

const auto none_failed = [](int status) { return WIFEXITED(status) && WEXITSTATUS(status) % 77 == 0; };

TEST(Descriptors, AreClosedWithoutCloseRangeByProc) {
  EXPECT_EXIT(std::_Exit(close_without_the_call("/")), none_failed, "");
}

TEST(Descriptors, AreClosedWithoutCloseRangeAndWithoutProc) {
  EXPECT_EXIT(std::_Exit(close_without_the_call("/nowhere")), none_failed, "");
}

TEST(Descriptors, OfClosedStandardStreamsAreNotReused) {
  const auto fill = [](const char* file) {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(stream);
    host::fill_standard_streams(file);
    const bool taken = open("/", O_RDONLY) > STDERR_FILENO;
    const bool writable = write(STDOUT_FILENO, "x", 1) == 1;
    const bool to_file = std::string_view(file) == "/dev/null";
    std::_Exit(taken && writable == to_file ? 0 : 1);
  };
  for (const char* file : {"", "/nowhere/null", "/dev/null"}) EXPECT_EXIT(fill(file), testing::ExitedWithCode(0), "");
}

/// From now on setting limits fails in this process with EPERM, as for a hard limit above the system's limit.
bool refuse_limits() {
  std::array filter{
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_prlimit64},
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0},  // no new limit: it only reads
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{filter.size(), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(DescriptorLimit, StaysUnchangedIfTheSystemDeniesIt) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{before.rlim_max / 2, before.rlim_max};
  const auto raise_in_vain = [&low] {
    constexpr int no_filter = 77;
    if (setrlimit(RLIMIT_NOFILE, &low) != 0 || !refuse_limits()) _exit(no_filter);
    rlimit after{};
    const bool same = host::raise_descriptor_limit() == low.rlim_cur && getrlimit(RLIMIT_NOFILE, &after) == 0 &&
                      after.rlim_cur == low.rlim_cur && after.rlim_max == low.rlim_max;
    _exit(same ? 0 : 1);
  };
  // Passes without a test if no seccomp filter can be set.
  EXPECT_EXIT(raise_in_vain(), [](int status) { return WIFEXITED(status) && WEXITSTATUS(status) % 77 == 0; }, "");
}

}  // namespace
