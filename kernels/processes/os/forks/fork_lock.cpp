#include "processes/os/forks/fork_lock.hpp"

#include <pthread.h>

#include <mutex>
#include <new>

namespace processes {

namespace {

/// Never destroyed: threads may fork while the program ends.
std::recursive_mutex& forks() {
  static std::recursive_mutex& mutex = *new std::recursive_mutex;
  return mutex;
}

void prepare() { forks().lock(); }
void in_parent() { forks().unlock(); }
/// The owner is a thread of the parent, whose number is another one here.
void in_child() { new (&forks()) std::recursive_mutex; }

}  // namespace

ForkLock::ForkLock() {
  [[maybe_unused]] static const int registered = ::pthread_atfork(prepare, in_parent, in_child);
  forks().lock();
}

ForkLock::~ForkLock() { forks().unlock(); }

}  // namespace processes
