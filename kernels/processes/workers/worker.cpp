#include "processes/workers/worker.hpp"

#include <cxxabi.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <typeinfo>
#include <utility>

#include "processes/os/forks/process_mark.hpp"
#include "processes/os/process.hpp"
#include "processes/os/step.hpp"

namespace processes {

namespace {

std::vector<SharedMemory>& shared_memory_here() {
  static std::vector<SharedMemory> memory;
  return memory;
}

/// The demangled type name of the exception being handled. Throws std::bad_alloc.
std::string current_exception_type() {
  const std::type_info* type = abi::__cxa_current_exception_type();
  if (type == nullptr) return "an unknown type";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(abi::__cxa_demangle(type->name(), nullptr, nullptr, &status),
                                                         &std::free);
  constexpr int no_memory = -1;
  if (status == no_memory) throw std::bad_alloc();
  return status == 0 ? name.get() : type->name();
}

/// Sends the outcome of each task at once: a later task that kills the worker does not lose it.
class Responder : public Answer {
 public:
  Responder(Port& port, const std::vector<Rethrown>& rethrown) : port_(port), rethrown_(rethrown) { renew_reserve(); }

  void begin_task() { answered_ = false; }
  /// An error from then on is not an outcome of the task, which has one.
  [[nodiscard]] bool answered() const { return answered_; }

  /// A child process that the initialiser or a task forked must not go on as a worker when it returns.
  void check_process() const {
    if (!mark_.here()) ::_exit(0);
  }

  void give(Encode encode) override {
    check_process();
    flush_output();
    reach(Step::task_ran);
    const Sent sent = port_.respond(Frame::Kind::result, encode);
    if (sent.kind == Sent::Kind::too_large) {
      throw std::length_error(
          fmt::format("the result takes {} bytes, more than the pool's message_limit: raise it, or write the result "
                      "into shared memory",
                      sent.size));
    }
    if (sent.kind == Sent::Kind::no_memory) {
      throw system_error(
          ENOMEM, fmt::format("a worker's address space has no room for a result of {} bytes", sent.size), "mremap");
    }
    answered_ = true;
    port_.announce();
  }

  /// What fits is sent: the task may have taken nearly all memory.
  void give_exception(std::string_view message, Frame::Kind kind = Frame::Kind::exception,
                      CallWord task = CallWord(0)) {
    check_process();
    flush_output();
    renew_reserve();  // a task may have given memory back since
    if (is_given(message, Part::all, kind, task)) return;
    reserve_ = {};
    if (!is_given(message, Part::all, kind, task) && !is_given(message, Part::beginning, kind, task)) {
      say({"std::bad_alloc", "the worker has no memory left to report the exception"}, kind, task);
    }
    renew_reserve();
  }

 private:
  static constexpr std::size_t most_of_a_long_text = least_message_limit / 4;

  /// Memory for exceptions, which is not touched before.
  struct Reserve {
    static constexpr std::size_t most = std::size_t{1} << 16U;
    using Memory = std::unique_ptr<std::byte[]>;  // NOLINT(*-avoid-c-arrays): of any size

    std::size_t size = 0;
    Memory memory;
  };

  /// Takes as much as there is, if that is more: in full memory, the last exception has left it in parts.
  void renew_reserve() {
    for (std::size_t size = Reserve::most; size > std::max(reserve_.size, Reserve::most / 64); size /= 2) {
      if (auto* const memory = new (std::nothrow) std::byte[size]) {
        reserve_ = {size, Reserve::Memory(memory)};
      }
    }
  }

  enum class Part { all, beginning };

  /// What is said of an exception.
  struct Said {
    std::string_view type;
    std::string_view message;
    std::uint32_t number = 0;  ///< as put_object() returns it
    std::string_view object = {};
  };

  Sent say(const Said& said, Frame::Kind kind, CallWord task) {
    return port_.respond(kind, [&](Encoder& encoder) {
      if (kind == Frame::Kind::call_exception) encoder.put(task.value());
      encoder.put(said.type);
      encoder.put(said.message);
      if (kind == Frame::Kind::rejected) return;
      encoder.put(said.number);
      encoder.put(said.object);
    });
  }

  /// Says what the exception being handled is; only its beginning if all of it is too large. False if there is no
  /// memory for that.
  bool is_given(std::string_view message, Part part, Frame::Kind kind, CallWord task) {
    try {
      const std::string type = current_exception_type();
      if (part == Part::all) {
        std::string object;  // serialised, if it is rethrown
        const std::uint32_t number = kind == Frame::Kind::rejected ? 0 : put_object(object);
        constexpr std::size_t surely_in_the_ring = std::size_t{1} << 17U;
        if (kind == Frame::Kind::call_exception && message.size() + object.size() > surely_in_the_ring) {
          // Sent first, shortened: it names the task, in case the program has no room for the whole one.
          say({type, message.substr(0, surely_in_the_ring)}, kind, task);
        }
        if (say({type, message, number, object}, kind, task).kind == Sent::Kind::yes) return true;
      }
      // Both fit into the smallest message_limit that a pool allows.
      say({std::string_view(type).substr(0, most_of_a_long_text), message.substr(0, most_of_a_long_text)}, kind, task);
      return true;
    } catch (const std::bad_alloc&) {
      return false;
    }
  }

  /// The position, from 1, of the exception's type among those to rethrow; 0 if it is not one of them.
  [[nodiscard]] std::uint32_t put_object(std::string& object) const {
    try {
      for (std::size_t i = 0; i < rethrown_.size(); ++i) {
        Encoder encoder(object);
        if (rethrown_[i].put(encoder)) return static_cast<std::uint32_t>(i + 1);
      }
    } catch (const std::bad_alloc&) {
      throw;
    } catch (...) {  // from its serialize()
    }
    object.clear();
    return 0;
  }

  ProcessMark mark_;
  Port& port_;
  const std::vector<Rethrown>& rethrown_;
  bool answered_ = false;
  Reserve reserve_;
};

/// Set while the parent is about to kill this worker for a late or cancelled task. No other task may start then: the
/// parent must know which task it kills. Either the parent sees that the task has started, or this sees the order.
bool is_halted(const WorkerControl& control) { return control.halt.load(std::memory_order_seq_cst) != 0; }

void wait_while_halted(const WorkerControl& control) {
  while (control.halt.load(std::memory_order_relaxed) != 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
}

/// Publishes that the next task has started.
void start_task(WorkerControl& control, std::uint64_t& started, bool publish_time) {
  while (true) {
    if (publish_time) control.started_at.store(steady_now(), std::memory_order_relaxed);
    control.tasks_started.store(started + 1, std::memory_order_seq_cst);
    if (!is_halted(control)) break;
    control.tasks_started.store(started, std::memory_order_seq_cst);
    wait_while_halted(control);
  }
  ++started;
}

const Responder*& responder_here() {
  thread_local const Responder* here = nullptr;  // one per process, except in tests whose workers are threads
  return here;
}

/// Runs a chunk of the call on the board.
void run_chunk(const CallTaker& taker, const CallTaker::Chunk& chunk, const WorkerControl& control,
               Responder& responder) {
  for (std::size_t task = chunk.begin; task < chunk.end; ++task) {
    // Checked before the task is recorded: a worker that is killed for an earlier task must not have started this one.
    if (chunk.shape.may_be_cancelled || task == chunk.begin) {
      std::atomic_thread_fence(std::memory_order_seq_cst);
      if (is_halted(control)) wait_while_halted(control);
    }
    taker.start(task);
    reach(Step::task_started);
    const auto note = [&](std::string_view message) {
      responder.give_exception(message, Frame::Kind::call_exception, CallWord(chunk.call, task));
    };
    try {
      chunk.shape.run(chunk.shape.function, taker.argument(chunk, task), taker.result(chunk, task),
                      [] { responder_here()->check_process(); });
    } catch (const std::exception& error) {
      note(message_of(error));
    } catch (const abi::__forced_unwind&) {
      throw;  // pthread_exit(3) ends the worker: the C library aborts a program that stops it
    } catch (...) {
      note("");
    }
    responder.check_process();
    flush_output();
    reach(Step::task_ran);
    taker.end(task);
    reach(Step::task_ended);
  }
}

}  // namespace

std::string_view message_of(const std::exception& error) noexcept {
  const char* const what = error.what();
  return what != nullptr ? what : "";
}

int run_worker(const WorkerSettings& settings, Port& port, pid_t parent) {
  Responder responder(port, settings.rethrown);
  responder_here() = &responder;
  if (const auto& [target, encoded] = settings.initialiser; target.invoke != nullptr) {
    Decoder arguments(encoded);
    target.invoke(target.function, arguments);
    responder.check_process();
    flush_output();
    if (!end_with_parent(parent)) return 0;  // it may have changed its user, which clears the setting
  }
  reach(Step::worker_initialised);
  WorkerControl& control = port.control();
  control.started_at.store(steady_now(), std::memory_order_relaxed);
  control.start.store(WorkerControl::Start::ready, std::memory_order_release);
  reach(Step::worker_ready);
  std::uint64_t started = 0;
  while (true) {
    std::optional<std::string_view> bytes;
    try {
      bytes = port.next();
    } catch (const NoMemoryForRequest& error) {
      responder.give_exception(message_of(error), Frame::Kind::rejected);
      port.finish();
      continue;
    }
    if (!bytes) {
      CallTaker& taker = *port.call_taker();
      if (const auto chunk = taker.take()) run_chunk(taker, *chunk, control, responder);
      continue;
    }
    Decoder message(*bytes);
    reach(Step::request_found);
    const auto request = message.get<RequestHeader>();
    if (request.runner == nullptr) return 0;
    for (std::uint32_t task = 0; task < request.tasks; ++task) {
      Decoder arguments = message.nested();
      start_task(control, started, request.publish_times != 0);
      reach(Step::task_started);
      responder.begin_task();
      try {
        request.runner(request.function, arguments, responder);
      } catch (const std::exception& error) {
        if (responder.answered()) throw;
        responder.give_exception(message_of(error));
      } catch (const abi::__forced_unwind&) {
        throw;
      } catch (...) {
        if (responder.answered()) throw;
        responder.give_exception("");
      }
    }
    port.finish();
    if (started == settings.tasks_per_worker) return 0;
  }
}

const SharedMemory& shared_memory(std::size_t position) { return shared_memory_here().at(position); }

void set_shared_memory(std::vector<SharedMemory> memory) { shared_memory_here() = std::move(memory); }

}  // namespace processes
