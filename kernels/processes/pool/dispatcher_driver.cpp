// The optional driver thread: work advances between the calls of the pool's users.
#include <signal.h>  // NOLINT(modernize-deprecated-headers): pthread_sigmask is POSIX

#include <chrono>
#include <exception>
#include <memory>
#include <system_error>
#include <thread>

#include "processes/os/system_error.hpp"
#include "processes/pool/dispatcher_lock.hpp"

namespace processes {

namespace {

/// Pause after an error. Waiting callers get the same error.
constexpr std::chrono::milliseconds pause_after_error{10};

}  // namespace

void Dispatcher::begin_driver() {
  // Signals to the program must be handled by the program's own threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto restore = [&] { pthread_sigmask(SIG_SETMASK, &before, nullptr); };
  try {
    driver_ = std::make_unique<std::thread>([this] { drive(); });
  } catch (const std::system_error& error) {
    restore();
    throw system_error(error.code().value(), "the driver thread of a pool cannot be started", "pthread_create");
  } catch (...) {
    restore();
    throw;
  }
  restore();
}

void Dispatcher::drive() {
  Lock lock(*this);
  while (!driver_ends_) {
    if (!has_work() || terminating_) {
      lock.wait(*changed_, Clock::time_point::max());
      continue;
    }
    try {
      turn(lock, Patience::until_news);
    } catch (const std::exception&) {
      lock.wait(*changed_, Clock::now() + pause_after_error);
    }
  }
}

/// Call it after terminate().
void Dispatcher::end_driver() {
  if (!driver_) return;
  {
    const Lock lock(*this);
    driver_ends_ = true;
    changed_->notify_all();
  }
  driver_->join();
  driver_.reset();
}

}  // namespace processes
