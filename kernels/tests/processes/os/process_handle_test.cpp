#include "processes/os/process_handle.hpp"

#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGKILL of POSIX
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace {

using processes::Descriptor;
using processes::ProcessHandle;

// Without a pidfd, a number may be another process's by now.
TEST(ProcessHandle, SignalsByNumberOnlyItsOwnChild) {
  EXPECT_EQ(ProcessHandle(getppid(), Descriptor()).signal(0), ESRCH);
  const pid_t child = fork();
  if (child == 0) {
    while (true) pause();
  }
  const ProcessHandle own(child, Descriptor());
  EXPECT_EQ(own.signal(SIGKILL), 0);
  EXPECT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(own.signal(SIGKILL), ESRCH);
}

}  // namespace
