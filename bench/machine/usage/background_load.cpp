#include "machine/usage/background_load.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <thread>
#include <utility>

#include "machine/usage/counters.hpp"
#include "processes/os/descriptor.hpp"

namespace bench {

namespace {

/// Runs in the other process: signals that it runs, then spins until it is killed.
int keep_busy(pid_t program, const processes::Descriptor& running) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != program) return 1;  // the program ended before the line above
  processes::write_all(running, "x");
  volatile std::uint64_t work = 0;
  while (true) work = work + 1;
}

}  // namespace

BackgroundLoad::BackgroundLoad() : process_([] { return 0; }) {
  processes::Pipe running = processes::Pipe::open();
  process_ = processes::Process([&running, program = ::getpid()] { return keep_busy(program, running.writer); });
  process_.start();
  running.writer.close();
  char byte = 0;
  if (!processes::read_all(running.reader, &byte, 1)) {
    throw std::runtime_error(fmt::format("the background load (process {}) ended before it started", pid()));
  }
  used_ = cpu_time(pid());
}

void BackgroundLoad::require_running() {
  siginfo_t ended{};
  // WNOWAIT leaves the reaping to process_.
  if (::waitid(P_PID, static_cast<id_t>(pid()), &ended, WEXITED | WNOHANG | WNOWAIT) < 0) {
    processes::throw_system_error("waitid");
  }
  if (ended.si_pid != 0) {
    throw std::runtime_error(
        fmt::format("the background load (process {}) ended while the case was measured: measure again", pid()));
  }
  // A load that waited for a CPU all the time is a load too, and soon gets one; a stopped process does not.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (cpu_time(pid()) <= used_ && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const std::chrono::nanoseconds used = cpu_time(pid());
  if (used <= std::exchange(used_, used)) {
    throw std::runtime_error(
        fmt::format("the background load (process {}) did not run while the case was measured: measure again", pid()));
  }
}

}  // namespace bench
