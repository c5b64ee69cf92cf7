// Suppresses a signal that a system call raises in the calling thread.
#pragma once

#include <csignal>

namespace processes {

/// A write to a pipe without a reader raises SIGPIPE; growing a file past its limit raises SIGXFSZ. Both end the host
/// program by default, and the call fails with an error anyway. This blocks the signal for the calling thread and
/// discards the one that the call raised. The host's disposition and pending signals stay unchanged, and so does errno.
class SignalBlock {
 public:
  explicit SignalBlock(int signal);
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;
  ~SignalBlock();

  void note_raised() { raised_ = true; }

 private:
  sigset_t signal_{};
  sigset_t before_{};
  bool was_pending_ = false;
  bool raised_ = false;
};

}  // namespace processes
