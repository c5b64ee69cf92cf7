#include "backends/tbb_arena.hpp"

#include <fmt/format.h>
#include <oneapi/tbb/cache_aligned_allocator.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>

namespace backends {

namespace {

std::atomic<bool> is_broken = false;

/// The library's global thread limit; its default is one thread per CPU. The lowest of several limits applies, so this
/// sets one limit for all arenas: the sum of their workers.
class Limit {
 public:
  static Limit& of_this_program() {
    static Limit limit;
    return limit;
  }

  void add(int workers) {
    const std::scoped_lock lock(mutex_);
    // At least one thread besides the calling one. Only the library's own threads clean up an arena that is destroyed
    // while it counts as busy, and finalize() waits for all arenas. Source: oneTBB 2021.8, arena::on_thread_leaving()
    // and market::release().
    constexpr std::size_t least = 2;
    // The new limit is set before the old one is removed, so that the library's default never applies.
    control_ =
        std::make_unique<oneapi::tbb::global_control>(oneapi::tbb::global_control::max_allowed_parallelism,
                                                      std::max(least, static_cast<std::size_t>(workers_ + workers)));
    workers_ += workers;
  }

  /// The limit is not lowered while arenas remain: they do not use the surplus threads.
  void remove(int workers) noexcept {
    const std::scoped_lock lock(mutex_);
    workers_ -= workers;
    if (workers_ == 0) control_.reset();
  }

 private:
  std::mutex mutex_;
  int workers_ = 0;  // of all arenas
  std::unique_ptr<oneapi::tbb::global_control> control_;
};

/// Throws std::bad_alloc if the library could not allocate an arena. If memory runs out inside oneTBB 2022, it
/// deadlocks: to throw, it reads a setting whose lock it already holds.
void require_memory() {
  constexpr std::size_t enough = std::size_t{1} << 20U;
  oneapi::tbb::cache_aligned_allocator<std::byte> allocator;
  allocator.deallocate(allocator.allocate(enough), enough);
}

}  // namespace

TbbArena::Share::Share(int workers) : workers_(workers) { Limit::of_this_program().add(workers_); }

TbbArena::Share::~Share() { Limit::of_this_program().remove(workers_); }

TbbArena::TbbArena(int workers) {
  if (is_broken)
    throw std::runtime_error(
        "oneTBB cannot be used any more: it failed to create a thread before; start the program again");
  require_memory();
  parts_ = std::make_unique<Parts>(workers);
  parts_->arena.initialize();
}

TbbArena::~TbbArena() {
  if (is_broken) {
    static_cast<void>(parts_.release());  // the library would wait for a thread that does not exist
    return;
  }
  parts_->arena.terminate();
  // Waits until the library's threads have ended. They stay while another user of the library needs them; that is no
  // error. The share is destroyed afterwards: on one CPU the library has no thread without it, and this would
  // wait forever.
  oneapi::tbb::finalize(parts_->handle, std::nothrow);
}

void TbbArena::throw_broken(const std::exception& error) {
  is_broken = true;
  throw std::runtime_error(fmt::format(
      "oneTBB cannot create its threads (raise ulimit -u, ulimit -v and ulimit -d, or the cgroup's pids.max, "
      "or use fewer workers): {}",
      error.what()));
}

}  // namespace backends
