#include "processes/os/process_handle.hpp"

#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGKILL of POSIX
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "processes/process.hpp"

namespace {

using processes::Descriptor;
using processes::ExitStatus;
using processes::Pipe;
using processes::Process;
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

// The same error as for a pid that means another process here (pid_namespaces(7)).
TEST(ProcessHandle, SignalsNobodyByNumberIfItsPidfdIsRejected) {
  Process other([] {
    while (true) pause();
    return 0;
  });
  other.start();
  EXPECT_NE(ProcessHandle(other.pid(), std::move(Pipe::open().reader)).signal(SIGKILL), 0);
  other.signal(SIGTERM);
  EXPECT_EQ(other.join(), (ExitStatus{ExitStatus::Kind::signalled, SIGTERM}));
}

// A profiler or a timer of the program interrupts each system call.
TEST(ProcessHandle, WaitsNoLongerIfSignalsInterruptIt) {
  Process other([] {
    sleep(30);
    return 0;
  });
  other.start();
  struct sigaction handled{};
  handled.sa_handler = [](int) {};
  struct sigaction before{};
  ASSERT_EQ(sigaction(SIGALRM, &handled, &before), 0);
  const itimerval often{.it_interval = {.tv_sec = 0, .tv_usec = 50'000}, .it_value = {.tv_sec = 0, .tv_usec = 50'000}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);
  EXPECT_FALSE(ProcessHandle(other.pid()).wait(200)) << "the wait has lasted until the process ended";
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  other.signal(SIGKILL);
  EXPECT_EQ(other.join(), (ExitStatus{ExitStatus::Kind::signalled, SIGKILL}));
}

}  // namespace
