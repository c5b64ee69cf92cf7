#include "processes/os/signal_block.hpp"

#include <cerrno>
#include <ctime>

#include "processes/os/not_cancelled.hpp"

namespace processes {

SignalBlock::SignalBlock(int signal) {
  sigemptyset(&signal_);
  sigaddset(&signal_, signal);
  sigset_t pending;
  sigpending(&pending);
  was_pending_ = sigismember(&pending, signal) == 1;
  if (!was_pending_) pthread_sigmask(SIG_BLOCK, &signal_, &before_);
}

SignalBlock::~SignalBlock() {
  if (was_pending_) return;
  const int error = errno;
  constexpr timespec at_once{};
  if (raised_) {
    const NotCancelled not_cancelled;
    while (sigtimedwait(&signal_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  errno = error;
}

}  // namespace processes
