// oneTBB's threads, as many as a user asks for, and gone when it has finished with them.
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>

namespace backends {

/// An arena of so many threads, the calling one included, whatever the number of processors. Several may live at once,
/// made by any thread. With the last one the library's threads end, unless another user of the library holds them.
///
/// Where the system gives the library a thread too few, its own state is no longer whole, and it may wait for ever:
/// such an arena is left as it is, and no other one can be made. (Where that happens in a thread of its own, the
/// library ends the program.)
class TbbArena {
 public:
  /// Throws std::runtime_error once a thread could not be made, and what the library throws.
  explicit TbbArena(int workers);
  TbbArena(const TbbArena&) = delete;
  TbbArena& operator=(const TbbArena&) = delete;
  ~TbbArena();

  /// Runs the function in the arena; it may throw nothing. Throws std::runtime_error where the system gives no thread.
  template <class Function>
  void execute(const Function& function) {
    try {
      parts_->arena.execute(function);
    } catch (const std::exception& error) {
      throw_broken(error);
    }
  }

  /// Runs function(0) to function(tasks - 1), each a task. Throws what they throw, and as execute() does.
  template <class Function>
  void for_each(std::size_t tasks, const Function& function) {
    std::exception_ptr thrown;
    std::atomic_flag has_thrown;
    execute([&] {
      oneapi::tbb::task_group_context context;
      oneapi::tbb::parallel_for(
          std::size_t{0}, tasks,
          [&](std::size_t task) {
            try {
              function(task);
            } catch (...) {
              if (!has_thrown.test_and_set()) thrown = std::current_exception();
              context.cancel_group_execution();
            }
          },
          oneapi::tbb::simple_partitioner{}, context);
    });
    if (thrown) std::rethrow_exception(thrown);
  }

 private:
  /// A share in the threads that the library may have.
  class Share {
   public:
    explicit Share(int workers);
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share();

   private:
    int workers_;
  };

  /// Made in this order, and unmade the other way: see ~TbbArena().
  struct Parts {
    explicit Parts(int workers) : share(workers), arena(workers) {}

    Share share;
    oneapi::tbb::task_scheduler_handle handle{oneapi::tbb::attach{}};
    oneapi::tbb::task_arena arena;
  };

  [[noreturn]] static void throw_broken(const std::exception& error);

  std::unique_ptr<Parts> parts_;
};

}  // namespace backends
