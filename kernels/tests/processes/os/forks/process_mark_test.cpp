// A process mark on a system that only claims to clear pages in forked children.
#include "processes/os/forks/process_mark.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>

#include "leaves_nothing.hpp"
#include "processes/process.hpp"

namespace {

using processes::Process;
using ProcessMarkTest = LeavesNothing;

/// From now on madvise(2) does nothing in this process and returns 0, as in a user-mode emulator.
bool ignore_advice() {
  std::array filter{
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_madvise},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 0},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{filter.size(), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST_F(ProcessMarkTest, IsFalseInForkedProcessesIfMadviseIsIgnored) {
  constexpr int no_filter = 77;
  Process program([] {
    if (!ignore_advice()) return no_filter;
    const processes::ProcessMark mark;
    Process child([&mark] { return mark.here() ? 1 : 0; });
    child.start();
    return child.join().value + (mark.here() ? 0 : 2);
  });
  program.start();
  // Passes without a test if no seccomp filter can be set.
  EXPECT_EQ(program.join().value % no_filter, 0);
}

}  // namespace
