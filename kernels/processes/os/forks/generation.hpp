// Numbers a process and those that are forked from it.
#pragma once

#include <atomic>
#include <cstdint>

namespace processes {

/// A number of this process that none of those has that it was forked from, by whatever call: fork(2), _Fork(3),
/// clone(2). A pid is no such number: in another PID namespace a child may have the pid of its parent.
///
/// It is in a page that the kernel clears in a child (madvise(2), MADV_WIPEONFORK), so reading it is no system call. If
/// the system cannot do that, the number is of the pid and of the calls of fork(2).
class ForkGeneration {
 public:
  /// Not 0.
  std::uint64_t operator()() noexcept {
    const Word* const page = page_.load(std::memory_order_acquire);
    const std::uint64_t number = page == nullptr ? 0 : page->load(std::memory_order_relaxed);
    return number != 0 ? number : find();
  }

 private:
  using Word = std::atomic<std::uint64_t>;

  std::uint64_t find() noexcept;

  std::atomic<Word*> page_ = nullptr;  // made once, and never unmapped: objects with static storage may need it late
  Word last_ = 0;                      // of this process, or of those that it was forked from
};

inline std::uint64_t fork_generation() noexcept {
  static constinit ForkGeneration here;
  return here();
}

}  // namespace processes
