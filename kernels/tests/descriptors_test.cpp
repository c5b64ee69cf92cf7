#include "host/descriptors.hpp"

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

namespace {

TEST(DescriptorLimit, IsRaisedAsFarAsItMayBe) {
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

/// From now on no limit of this process can be set: EPERM, as where the hard limit is above what the system allows.
bool refuse_limits() {
  std::array filter{
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 3, SYS_prlimit64},
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args) + 2 * sizeof(std::uint64_t)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0},  // no new limit: it is only read
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{filter.size(), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(DescriptorLimit, ThatTheSystemDoesNotRaiseStaysAsItWas) {
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
  // Where no filter can be set, nothing is tested.
  EXPECT_EXIT(
      raise_in_vain(), [](int status) { return WIFEXITED(status) && WEXITSTATUS(status) % 77 == 0; }, "");
}

}  // namespace
