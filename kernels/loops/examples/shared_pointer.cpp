// Contended shared state: every task copies a pointer, whose reference count all threads of a process write.
//
// It is always counted atomically. A std::shared_ptr is not in a process that never had a second thread, such as a
// worker of the pool (__is_single_threaded() of libstdc++): it would do a thirteenth of serial's work.
#include <atomic>
#include <cstdint>

#include "loops/registry.hpp"

namespace {

class Pointer {
 public:
  struct Value {
    std::int64_t value;
    std::atomic<std::int64_t> references = 1;
  };

  explicit Pointer(Value& value) : value_(value) {}
  Pointer(const Pointer& other) : value_(other.value_) { value_.references.fetch_add(1, std::memory_order_relaxed); }
  Pointer& operator=(const Pointer&) = delete;
  ~Pointer() { value_.references.fetch_sub(1, std::memory_order_acq_rel); }

  std::int64_t operator*() const { return value_.value; }

 private:
  Value& value_;
};

Pointer& one() {
  static Pointer::Value value{1};
  static Pointer pointer(value);
  return pointer;
}

std::int64_t copy(std::int64_t task) {
  constexpr int copies = 1'000;
  const Pointer& shared = one();
  std::int64_t sum = task;
  for (int time = 0; time < copies; ++time) {
    const Pointer copied = shared;  // NOLINT(performance-unnecessary-copy-initialization): the copy is what it does
    sum += *copied;
  }
  return sum;
}

const loops::Registration shared_pointer_registration({
    .name = "shared_pointer",
    .summary = "every task copies a pointer that counts its references, 1,000 times",
    .sizes = {32, 256, 2'048},
    .make = [](std::int64_t tasks) { return loops::Work{loops::map<copy>({.tasks = tasks})}; },
});

}  // namespace
