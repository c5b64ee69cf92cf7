// A lower bound for an empty task: two processes that wake each other in turn.
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

#include "families/dispatch/dispatch.hpp"
#include "processes/process.hpp"
#include "processes/shared_memory.hpp"
#include "processes/transport/spin.hpp"

namespace bench::dispatch::ping_pongs {

namespace {

using Number = std::atomic<std::uint64_t>;
static_assert(Number::is_always_lock_free);

/// A number that processes share, on its own page and cache line.
class SharedNumber {
 public:
  SharedNumber() : memory_(sizeof(Number)), number_(new (memory_.data()) Number(0)) {}

  Number& operator*() const { return *number_; }

 private:
  processes::SharedMemory memory_;
  Number* number_;
};

// Three kinds of signal, each for one direction of one pair: one process sends, the other waits.

// Plain system calls: processes::write_all() would add a guard against SIGPIPE.

class Eventfd {
 public:
  Eventfd() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {
    if (!descriptor_) processes::throw_system_error("eventfd");
  }

  void send() const {
    if (::eventfd_write(descriptor_.get(), 1) < 0) processes::throw_system_error("eventfd_write");
  }
  void await() const {
    eventfd_t number = 0;
    if (::eventfd_read(descriptor_.get(), &number) < 0) processes::throw_system_error("eventfd_read");
  }

 private:
  processes::Descriptor descriptor_;
};

class PipeByte {
 public:
  void send() const {
    if (::write(pipe_.writer.get(), "x", 1) != 1) processes::throw_system_error("write");
  }
  void await() const {
    char byte = 0;
    if (::read(pipe_.reader.get(), &byte, 1) != 1) processes::throw_system_error("read");
  }

 private:
  processes::Pipe pipe_ = processes::Pipe::open();
};

class SpinFlag {
 public:
  void send() { (*sent_).store(++own_, std::memory_order_release); }
  void await() {
    ++own_;
    while ((*sent_).load(std::memory_order_acquire) != own_) processes::relax();
  }

 private:
  SharedNumber sent_;
  std::uint64_t own_ = 0;  // in this process: how many it has sent, or received
};

template <class Signal>
class PingPong {
 public:
  PingPong() : other_([this, program = ::getpid()] { return answer(program); }) { other_.start(); }

  void once() {
    question_.send();
    answer_.await();
    ++asked_;
  }
  [[nodiscard]] std::optional<std::string> wrong() const { return difference(*answered_, asked_); }

 private:
  /// Runs in the other process until this object or the program ends, and kills it.
  int answer(pid_t program) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != program) return 1;
    while (true) {
      question_.await();
      (*answered_).fetch_add(1, std::memory_order_relaxed);
      answer_.send();
    }
  }

  Signal question_;
  Signal answer_;
  SharedNumber answered_;
  std::uint64_t asked_ = 0;
  processes::Process other_;
};

template <class Signal>
Candidate ping_pong(const char* who, const char* wait, int processors = 0) {
  return candidate(
      {.who = who, .operation = "apply", .workers = 1, .wait = wait, .processors = processors, .kind = Kind::limit},
      [] { return PingPong<Signal>(); });
}

const Part part([] {
  return std::vector{ping_pong<Eventfd>("eventfd_ping_pong", "block"),
                     ping_pong<Eventfd>("eventfd_ping_pong", "block", 1),
                     ping_pong<PipeByte>("pipe_ping_pong", "block"), ping_pong<PipeByte>("pipe_ping_pong", "block", 1),
                     ping_pong<SpinFlag>("spin_ping_pong", "spin")};
});

}  // namespace

}  // namespace bench::dispatch::ping_pongs
