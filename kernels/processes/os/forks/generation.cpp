#include "processes/os/forks/generation.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "host/huge_pages.hpp"

namespace processes {

namespace {

using Word = std::atomic<std::uint64_t>;

constinit Word no_page = 0;

/// A word that is 0 in every process in which it was not written; no_page if the system cannot do that.
Word* wiped_word() noexcept {
  const std::size_t size = host::page_size();
  void* const page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return &no_page;
  // A user-mode emulator (qemu-user) ignores all advice and accepts even values that do not exist.
  constexpr int no_advice = -1;
  const bool accepts_any = ::madvise(page, size, no_advice) == 0;
  if (!accepts_any && ::madvise(page, size, MADV_WIPEONFORK) == 0) return new (page) Word(0);
  ::munmap(page, size);
  return &no_page;
}

std::uint64_t pid_and_forks() noexcept {
  static std::atomic<std::uint32_t> forks = 0;
  [[maybe_unused]] static const int registered = ::pthread_atfork(nullptr, nullptr, [] { ++forks; });
  return (static_cast<std::uint64_t>(::getpid()) << 32U) + forks;
}

// Before main(), so that no pool leaves a page that was not there before.
[[maybe_unused]] const std::uint64_t at_start = fork_generation();

}  // namespace

std::uint64_t ForkGeneration::find() noexcept {
  Word* page = page_.load(std::memory_order_acquire);
  if (page == nullptr) {
    Word* const made = wiped_word();
    if (page_.compare_exchange_strong(page, made)) {
      page = made;
    } else if (made != &no_page) {  // another thread was first
      ::munmap(made, host::page_size());
    }
  }
  if (page == &no_page) return pid_and_forks();
  // The count first: a child that is forked now must not take this number. Of several threads, one is first, and the
  // numbers of the others are left out.
  const std::uint64_t next = ++last_;
  std::uint64_t number = 0;
  return page->compare_exchange_strong(number, next) ? next : number;
}

}  // namespace processes
