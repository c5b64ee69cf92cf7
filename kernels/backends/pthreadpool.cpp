#include <dlfcn.h>
#include <fmt/format.h>
#include <pthreadpool.h>

#include <cstdint>
#include <optional>
#include <stdexcept>

#include "backends/backend.hpp"
#include "backends/check_threads.hpp"

namespace backends {

namespace {

/// Loads the library during its lifetime. While it is loaded, the program forks 5% slower, which would slow the
/// backends with processes.
class Library {
 public:
  /// Throws std::runtime_error if it cannot be loaded.
  Library() : handle_(::dlopen(PTHREADPOOL_FILE, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr)
      throw std::runtime_error(
          fmt::format("the library pthreadpool cannot be loaded: {}: install libpthreadpool0", ::dlerror()));
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() { ::dlclose(handle_); }

  template <class Function>
  Function* find(const char* name) const {
    void* const found = ::dlsym(handle_, name);
    if (found == nullptr)
      throw std::runtime_error(
          fmt::format("{} has no function {}: install another version of libpthreadpool0", PTHREADPOOL_FILE, name));
    return reinterpret_cast<Function*>(found);
  }

 private:
  void* handle_;
};

/// The library's pool.
class Pool {
 public:
  /// Throws std::runtime_error if the library cannot create the pool.
  explicit Pool(int workers)
      : parallelize_(library_.find<Parallelize>("pthreadpool_parallelize_1d")),
        destroy_(library_.find<decltype(pthreadpool_destroy)>("pthreadpool_destroy")),
        pool_(library_.find<decltype(pthreadpool_create)>("pthreadpool_create")(static_cast<std::size_t>(workers))) {
    if (pool_ == nullptr) throw std::runtime_error("pthreadpool_create failed: raise ulimit -u and ulimit -v");
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() { destroy_(pool_); }

  void execute(Call& call) {
    const auto execute_block = [](void* work, std::size_t block) { static_cast<Call*>(work)->execute(block); };
    parallelize_(pool_, execute_block, &call, call.size(), 0);
  }

 private:
  /// The C function; the header also declares a C++ function of that name.
  using Parallelize = void(pthreadpool_t, pthreadpool_task_1d_t, void*, std::size_t, std::uint32_t);

  Library library_;
  Parallelize* parallelize_;
  decltype(&pthreadpool_destroy) destroy_;
  pthreadpool_t pool_;
};

/// A pool tuned for short loops: no queue, and threads spin before they sleep. The calling thread is a worker.
class PthreadPool : public Backend {
 public:
  ~PthreadPool() override { stop(); }

 private:
  void begin() override { pool_.emplace(workers()); }
  void schedule(Call& call) override { pool_->execute(call); }
  void end() override { pool_.reset(); }

  std::optional<Pool> pool_;
};

const Registration pthreadpool_registration({
    .name = "pthreadpool",
    .summary = "libpthreadpool: a tuned pool, whose threads spin before they sleep",
    .mechanism = Mechanism::threads,
    .warms_up = true,
    .peer = true,
    .make = [] { return std::make_unique<PthreadPool>(); },
    .check = [](int workers) { check_threads(workers); },
});

}  // namespace

}  // namespace backends
