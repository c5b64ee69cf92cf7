// Keeps away the signal that a system call raises in the thread that makes it.
#pragma once

#include <csignal>

namespace processes {

/// A write to a pipe that nobody reads raises SIGPIPE, and a file that grows past its limit raises SIGXFSZ: either ends
/// the host program, unless it says otherwise, and the call fails with an error anyway. This blocks the signal for the
/// calling thread, and takes back the one that a call raised; the host's own disposition and pending signals stay as
/// they were. errno stays too.
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
