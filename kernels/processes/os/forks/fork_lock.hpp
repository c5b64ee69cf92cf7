// Forks wait while a descriptor is open that no child may have a copy of.
#pragma once

namespace processes {

/// While it lives, fork(2) of any other thread of this program waits. A child would otherwise keep a copy of a
/// descriptor that this thread is about to close, and its other end would not see that it was closed. fork(2) of the
/// same thread, as in a signal handler, does not wait. A child that executes a program loses its copy anyway.
class ForkLock {
 public:
  ForkLock();
  ForkLock(const ForkLock&) = delete;
  ForkLock& operator=(const ForkLock&) = delete;
  ~ForkLock();
};

}  // namespace processes
