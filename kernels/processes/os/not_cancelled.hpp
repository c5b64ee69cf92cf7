// Defers the cancellation of a thread.
#pragma once

#include <pthread.h>

namespace processes {

/// Defers pthread_cancel(3) during its lifetime: cancellation must not interrupt a change of several steps, and may not
/// leave a noexcept function, which would abort the program.
class NotCancelled {
 public:
  NotCancelled() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  NotCancelled(const NotCancelled&) = delete;
  NotCancelled& operator=(const NotCancelled&) = delete;
  ~NotCancelled() { restore(); }

  void restore() const { pthread_setcancelstate(before_, nullptr); }
  static void disable() { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr); }

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace processes
