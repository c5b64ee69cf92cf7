// oneTBB's threads, as many as a user asks for, and gone when it has finished with them.
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

namespace backends {

/// An arena of so many threads, the calling one included, whatever the number of processors. Several may live at once,
/// made by any thread. With the last one the library's threads end, unless another user of the library holds them.
class TbbArena {
 public:
  /// Throws what the library throws.
  explicit TbbArena(int workers);
  TbbArena(const TbbArena&) = delete;
  TbbArena& operator=(const TbbArena&) = delete;
  ~TbbArena();

  oneapi::tbb::task_arena& operator*() { return arena_; }
  oneapi::tbb::task_arena* operator->() { return &arena_; }

 private:
  /// A share in what the library may have of threads.
  class Share {
   public:
    explicit Share(int workers);
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share();

   private:
    int workers_;
  };

  // In this order, and back: see ~TbbArena().
  Share share_;
  oneapi::tbb::task_scheduler_handle handle_{oneapi::tbb::attach{}};
  oneapi::tbb::task_arena arena_;
};

}  // namespace backends
