// The thread of the pool's own that lets work advance between the calls of its users, where it was asked for.
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

/// After an error, which callers that wait meet as well, before the next turn.
constexpr std::chrono::milliseconds pause_after_error{10};

}  // namespace

void Dispatcher::begin_driver() {
  // The program's signals are for the program's own threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto restore = [&] { pthread_sigmask(SIG_SETMASK, &before, nullptr); };
  try {
    driver_ = std::make_unique<std::thread>([this] { drive(); });
  } catch (const std::system_error& error) {
    restore();
    throw system_error(error.code().value(), "the driver of a pool cannot be started", "pthread_create");
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

/// To be called after terminate().
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
