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

/// How many threads the library may have: by itself, one a processor. Of several limits the lowest one counts, so there
/// is one for all arenas, which is the sum of theirs.
class Limit {
 public:
  static Limit& of_this_program() {
    static Limit limit;
    return limit;
  }

  void add(int workers) {
    const std::scoped_lock lock(mutex_);
    // At least one thread besides the calling one. Only the library's own threads take down an arena that was left
    // while it still counted as busy, unless there were none to be had at the moment when it was left; and finalize()
    // waits for all arenas (oneTBB 2021.8, arena::on_thread_leaving() and market::release()).
    constexpr std::size_t least = 2;
    // The new one before the old one goes, so that at no moment the library's own limit counts.
    control_ =
        std::make_unique<oneapi::tbb::global_control>(oneapi::tbb::global_control::max_allowed_parallelism,
                                                      std::max(least, static_cast<std::size_t>(workers_ + workers)));
    workers_ += workers;
  }

  /// Those that stay may have too many meanwhile, of which their arenas make no use.
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

/// Throws std::bad_alloc if the library could not get the memory that an arena takes. Where memory ends while it makes
/// one, oneTBB 2022 waits for ever: to throw, it asks for a setting whose lock it already holds.
void require_memory() {
  constexpr std::size_t enough = std::size_t{1} << 20U;
  oneapi::tbb::cache_aligned_allocator<std::byte> allocator;
  allocator.deallocate(allocator.allocate(enough), enough);
}

}  // namespace

TbbArena::Share::Share(int workers) : workers_(workers) { Limit::of_this_program().add(workers_); }

TbbArena::Share::~Share() { Limit::of_this_program().remove(workers_); }

TbbArena::TbbArena(int workers) {
  if (is_broken) throw std::runtime_error("oneTBB cannot be used any more: before, a thread of it could not be made");
  require_memory();
  parts_ = std::make_unique<Parts>(workers);
  parts_->arena.initialize();
}

TbbArena::~TbbArena() {
  if (is_broken) {
    static_cast<void>(parts_.release());  // the library would wait for what it believes to be a thread
    return;
  }
  parts_->arena.terminate();
  // Waits for the library's threads to end; they stay, and that is no error here, while somebody else uses them. While
  // the share is still held: on one processor the library has no thread without it, and this would wait for ever.
  oneapi::tbb::finalize(parts_->handle, std::nothrow);
}

void TbbArena::throw_broken(const std::exception& error) {
  is_broken = true;
  throw std::runtime_error(
      fmt::format("oneTBB cannot make its threads (raise ulimit -u, ulimit -v and ulimit -d, or the cgroup's pids.max, "
                  "or take fewer workers): {}",
                  error.what()));
}

}  // namespace backends
