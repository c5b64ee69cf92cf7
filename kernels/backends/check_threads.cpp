#include "backends/check_threads.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <latch>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace backends {

namespace {

/// Thread attributes; the default stack size if the system rejects the requested one.
class Attributes {
 public:
  explicit Attributes(std::size_t stack_size) {
    ::pthread_attr_init(&attributes_);
    if (stack_size > 0) ::pthread_attr_setstacksize(&attributes_, stack_size);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::pthread_attr_destroy(&attributes_); }

  [[nodiscard]] const pthread_attr_t* get() const { return &attributes_; }

 private:
  pthread_attr_t attributes_{};
};

void* wait_for(void* latch) {
  static_cast<std::latch*>(latch)->wait();
  return nullptr;
}

}  // namespace

void check_threads(int workers, std::size_t stack_size, Caller caller) {
  const std::ptrdiff_t had = caller == Caller::works ? 1 : 0;
  const Attributes attributes(stack_size);
  std::vector<pthread_t> threads;
  threads.reserve(static_cast<std::size_t>(workers));
  std::latch all_made(1);
  int error = 0;
  while (error == 0 && std::ssize(threads) + had < workers) {
    pthread_t thread{};
    error = ::pthread_create(&thread, attributes.get(), wait_for, &all_made);
    if (error == 0) threads.push_back(thread);
  }
  all_made.count_down();
  for (const pthread_t thread : threads) ::pthread_join(thread, nullptr);
  if (error == 0) return;
  throw std::runtime_error(
      fmt::format("cannot create threads for {} workers, only for {} (raise ulimit -u, ulimit -v and ulimit -d, "
                  "or the cgroup's pids.max, or use fewer workers{}): {}",
                  workers, std::ssize(threads) + had, stack_size > 0 ? ", or lower OMP_STACKSIZE" : "",
                  std::generic_category().message(error)));
}

}  // namespace backends
