// A number of oneTBB threads that exist only as long as the arena.
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>

namespace backends {

/// An arena of `workers` threads, the calling one included, whatever the number of CPUs. Any thread may make one, and
/// several may exist at once. The last one ends the library's threads, unless another user of the library needs them.
///
/// If the system denies the library a thread, the library's state is damaged and it may wait forever. So such an arena
/// is leaked, and no other can be made. (If it happens in one of the library's threads, the library ends the program.)
/// library ends the program.)
class TbbArena {
 public:
  /// Throws std::runtime_error if a thread could not be created before, and what the library throws.
  explicit TbbArena(int workers);
  TbbArena(const TbbArena&) = delete;
  TbbArena& operator=(const TbbArena&) = delete;
  ~TbbArena();

  /// Runs the function in the arena; it must not throw. Throws std::runtime_error if the system denies a thread.
  template <class Function>
  void execute(const Function& function) {
    try {
      parts_->arena.execute(function);
    } catch (const std::exception& error) {
      throw_broken(error);
    }
  }

  /// Runs function(0) to function(tasks - 1), each as a task. Throws a task's exception, and what execute() throws.
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
  /// A share of the library's global thread limit.
  class Share {
   public:
    explicit Share(int workers);
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share();

   private:
    int workers_;
  };

  /// Constructed in this order and destroyed in reverse: see ~TbbArena().
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
