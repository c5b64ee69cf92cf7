// Makes a hanging test fail with a message.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <ctime>
#include <string>

#include "scale.hpp"

namespace faults {

/// Limits the time of this process during its lifetime, and ends it with a message. It needs no thread or descriptor: a
/// timer raises a signal. The process's children end with it: in_child() and every pool make sure.
class Watchdog {
 public:
  Watchdog() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    message() = std::string("\nwatchdog: ") + test->test_suite_name() + "." + test->name() + " hangs\n";
    struct sigaction bark{};
    bark.sa_handler = [](int) {
      const ssize_t written = ::write(STDERR_FILENO, message().data(), message().size());
      ::_exit(written < 0 ? 2 : 1);
    };
    ::sigaction(signal_number(), &bark, &before_);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = signal_number();
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) ADD_FAILURE() << "timer_create: " << strerror(errno);
    const itimerspec once{.it_interval = {}, .it_value = {.tv_sec = scaled(100, 1200), .tv_nsec = 0}};
    ::timer_settime(timer_, 0, &once, nullptr);
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() {
    ::timer_delete(timer_);
    ::sigaction(signal_number(), &before_, nullptr);
  }

 private:
  static int signal_number() { return SIGRTMIN + 1; }  // used by no test; qemu-user reserves the last two
  static std::string& message() {
    static std::string text;
    return text;
  }

  timer_t timer_{};
  struct sigaction before_{};
};

}  // namespace faults
