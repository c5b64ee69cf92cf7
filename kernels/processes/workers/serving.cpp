// What the processes of supervisors and of the fork server have in common. Declared in supervisor_process.hpp.
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <limits>
#include <system_error>

#include "host/descriptors.hpp"
#include "processes/os/signals.hpp"
#include "processes/workers/supervisor_process.hpp"

namespace processes {

Descriptor signals_of_children() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  Descriptor descriptor(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor) throw_system_error("signalfd");
  return descriptor;
}

void forget_signals(const Descriptor& signals) {
  signalfd_siginfo signal{};
  while (::read(signals.get(), &signal, sizeof signal) > 0) {
  }
}

void serve_only(const Descriptor& descriptor, const SignalActions& actions) {
  block_signals(actions);
  serve_another(descriptor);
}

void serve_another(const Descriptor& descriptor) {
  ::setpgid(0, 0);
  const int kept = descriptor.get();
  host::close_descriptors(STDERR_FILENO + 1, kept - 1);
  host::close_descriptors(kept + 1, std::numeric_limits<int>::max());
  // If the program has closed a standard stream, a later descriptor must not get its number.
  host::fill_standard_streams("/dev/null");
}

void require_parent_in_namespace() {
  if (::getppid() != 0) return;
  throw std::system_error(ESRCH, std::generic_category(),
                          "this program's children are in another PID namespace (unshare(2)): make the pool before");
}

}  // namespace processes
