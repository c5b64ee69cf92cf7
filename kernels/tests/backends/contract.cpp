#include "contract.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <chrono>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "loops/sample_loops.hpp"
#include "parzen/counting/loop.hpp"
#include "parzen/random/legacy.hpp"
#include "resources.hpp"

namespace contract {

namespace {

using parzen::Counts;
using parzen::Decomposition;

constexpr const char* message_of_a_task = "task 5 has no result";

/// Runs threads that each allocate memory, and end when all have.
void run_at_once(int threads) {
  std::barrier all(threads);
  std::vector<std::jthread> started;
  for (int thread = 0; thread < threads; ++thread) {
    started.emplace_back([&all] {
      const auto memory = std::make_unique<int>(1);
      all.arrive_and_wait();
    });
  }
}

double throw_in_one_task(const bool& shall, std::int64_t task) {
  if (shall && task == 5) throw std::runtime_error(message_of_a_task);
  return static_cast<double>(task);
}

/// Counts how often each task runs, in shared memory.
void count_executions(const loops::Input& input, loops::Range tasks, std::byte* results) {
  const auto* const executed = reinterpret_cast<const std::int64_t*>(input.data.data());
  for (std::int64_t task = tasks.begin; task < tasks.end; ++task) {
    std::atomic_ref(const_cast<std::int64_t&>(executed[task])).fetch_add(1);  // NOLINT(*-const-cast): no result
  }
  std::fill_n(results, tasks.size(), std::byte{1});
}

class Checker {
 public:
  Checker(const Make& make, const Ranks& ranks) : make_(make), ranks_(ranks) {}

  void check_counts() {
    const parzen::Problem many{parzen::legacy_samples(11, 2003, 2), parzen::Query::Constant(2, 0.1)};
    const parzen::Problem one{parzen::Samples::Constant(1, 3, 0.4), parzen::Query::Zero(3)};
    const std::vector<double> unsorted_and_repeated{1.5, 0.2, 1.5, 6.0, 0.01, 0.8, 0.8};
    for (const auto decomposition : {Decomposition::by_width, Decomposition::by_sample}) {
      for (const parzen::Kernel& kernel : parzen::kernels()) {
        for (const int workers : possible({1, 2, 3, 6})) {
          expect_counts("many samples", many, kernel, decomposition, workers, unsorted_and_repeated);
        }
        expect_counts("one sample", one, kernel, decomposition, possible(4), unsorted_and_repeated);
        expect_counts("one width", many, kernel, decomposition, possible(4), {1.0});
        expect_counts("no width", many, kernel, decomposition, possible(4), {});
      }
      // Only once: many spinning threads on few CPUs take seconds per call.
      expect_counts("many samples", many, parzen::kernel("fused"), decomposition, possible(16), unsorted_and_repeated);
    }
  }

  void check_loops() {
    for (const std::int64_t tasks : {0, 1, 10, 300, 5000}) {
      for (const auto& sample : sample_loops::every(tasks)) {
        for (const int workers : tasks == 300 ? possible({1, 2, 3, 4, 5, 6, 16}) : possible({2})) {
          if (workers > 6 && sample.loop.merge == nullptr) continue;
          expect_answers(fmt::format("{}, {} tasks, {} workers", sample.name, tasks, workers), sample, workers);
        }
      }
    }
  }

  void check_executions() {
    for (const std::int64_t tasks : {1, 100, 5000}) {
      const processes::SharedMemory executed(static_cast<std::size_t>(tasks) * sizeof(std::int64_t),
                                             processes::SharedMemory::Others::write);
      loops::Loop loop;
      loop.tasks = tasks;
      loop.result_bytes = 1;
      loop.data = executed;
      loop.run = count_executions;
      const auto backend = make_();
      backend->start(loop, possible(3));
      const std::span own(reinterpret_cast<const std::int64_t*>(executed.data()), static_cast<std::size_t>(tasks));
      for (const std::int64_t calls : {1, 2, 3}) {
        backend->run({});
        std::vector<std::int64_t> times(own.begin(), own.end());
        ranks_.sum(times);
        const auto wrong = std::ranges::find_if(times, [calls](std::int64_t time) { return time != calls; });
        if (wrong == times.end()) continue;
        found_.push_back(
            fmt::format("executes task {} of {} {} times in {} calls", wrong - times.begin(), tasks, *wrong, calls));
        break;
      }
      backend->stop();
    }
  }

  void check_exceptions() {
    const loops::Loop loop = loops::map<throw_in_one_task>({.tasks = 20});
    const auto good = loops::bytes_of(false);
    const auto expected = sample_loops::answer(loop, good);
    const auto backend = make_();
    backend->start(loop, possible(3));
    for (int time = 0; time < 2; ++time) {
      try {
        backend->run(loops::bytes_of(true));
        found_.emplace_back("a task that throws is not an error");
      } catch (const std::exception& error) {
        if (std::string_view(error.what()).find(message_of_a_task) == std::string_view::npos) {
          found_.push_back(fmt::format("a task threw '{}', the call '{}'", message_of_a_task, error.what()));
        }
      }
      try {
        const std::string wrong = loops::difference(loop, expected, backend->run(good));
        if (!wrong.empty()) found_.push_back("after a task that threw: " + wrong);
      } catch (const std::exception& error) {
        found_.push_back(fmt::format("after a task that threw, a call throws '{}'", error.what()));
      }
    }
    backend->stop();
  }

  void check_rejections() {
    const loops::Loop loop = loops::map<sample_loops::scaled>({.tasks = 10});
    for (const int workers : {0, -1, 4097}) {
      expect_rejection<std::invalid_argument>(fmt::format("{} workers", workers),
                                              [&](auto& b) { b.start(loop, workers); });
    }
    loops::Loop bad = loop;
    bad.tasks = -1;
    expect_rejection<std::invalid_argument>("a negative number of tasks", [&](auto& b) { b.start(bad, possible(1)); });
    expect_rejection<std::invalid_argument>("a loop without a function",
                                            [&](auto& b) { b.start(loops::Loop(), possible(1)); });
    expect_rejection<std::invalid_argument>("parameters of another size", [&](auto& b) {
      b.start(loop, possible(2));
      b.run(loops::bytes_of(1.0));
    });
    expect_rejection<std::invalid_argument>("an answer of another size", [&](auto& b) {
      b.start(loop, possible(2));
      std::vector<std::byte> answer(loops::answer_bytes(loop) - 1);
      b.run(loops::bytes_of(sample_loops::Scale{}), answer);
    });
    expect_rejection<std::logic_error>("run before start", [](auto& b) { b.run({}); });
    expect_rejection<std::logic_error>("start twice", [&](auto& b) {
      b.start(loop, possible(2));
      b.start(loop, possible(2));
    });
  }

  void check_leftovers() {
    const loops::Loop loop = loops::map<throw_in_one_task>({.tasks = 20});
    const auto life = [&](bool stop, bool fail) {
      const auto backend = make_();
      backend->start(loop, possible(3));
      try {
        backend->run(loops::bytes_of(fail));
      } catch (const std::exception&) {
      }
      if (stop) backend->stop();
    };
    // Libraries create some things once for the program: allocator arenas, cached thread stacks. Their number depends
    // on how many threads ran at once.
    run_at_once(4);
    life(true, true);
    for (const bool stop : {true, false}) {
      for (const bool fail : {false, true}) {
        // MPI maps a buffer when a message first needs it. A leftover is there every time.
        std::string left;
        for (int attempt = 0; attempt < (ranks_.workers > 0 ? 5 : 1); ++attempt) {
          left = left_by([&] { life(stop, fail); });
          std::array<std::int64_t, 1> ranks_with_some{left.empty() ? 0 : 1};
          ranks_.sum(ranks_with_some);
          if (ranks_with_some.front() == 0) break;
        }
        if (left.empty()) continue;
        found_.push_back(fmt::format("leaves something behind when {}{}: {}", stop ? "stopped" : "destroyed",
                                     fail ? " after a task that threw" : "", left));
      }
    }
  }

  [[nodiscard]] std::vector<std::string> found() && { return std::move(found_); }

 private:
  void expect_counts(const char* what, const parzen::Problem& problem, const parzen::Kernel& kernel,
                     Decomposition decomposition, int workers, const std::vector<double>& widths) {
    Counts expected(widths.size());
    parzen::count_literal(problem, {0, problem.samples.rows()}, widths, expected);
    const parzen::CountLoop loop(problem, kernel, decomposition, widths.size());
    const auto parameters = loop.parameters(widths);
    const auto backend = make_();
    backend->start(loop.loop(), workers);
    for (const char* run : {"first", "second"}) {
      const Counts counts = parzen::counts_in(checked_run(*backend, loop.loop(), parameters));
      if (counts == expected) continue;
      found_.push_back(fmt::format("{}, kernel {}, {}, {} workers, {} run: counts are {}, should be {}", what,
                                   kernel.name, parzen::name(decomposition), workers, run, counts, expected));
    }
    backend->stop();
    backend->stop();  // allowed without effect
    backend->start(loop.loop(), workers);
    if (parzen::counts_in(checked_run(*backend, loop.loop(), parameters)) != expected) {
      found_.push_back(fmt::format("{}: wrong counts after a second start", what));
    }
    backend->stop();
  }

  /// Every call gives the same bits, whatever the workers, also for floating-point numbers.
  void expect_answers(const std::string& what, const sample_loops::Sample& sample, int workers) {
    const auto backend = make_();
    backend->start(sample.loop, workers);
    int call = 0;
    for (const auto& parameters : sample.calls) {
      ++call;
      const auto expected = sample_loops::answer(sample.loop, parameters);
      const auto answer = checked_run(*backend, sample.loop, parameters);
      const std::string wrong = loops::difference(sample.loop, expected, answer);
      if (!wrong.empty()) found_.push_back(fmt::format("{}, call {}: {}", what, call, wrong));
    }
    backend->stop();
  }

  /// Like the verification of cases: results of earlier calls are overwritten, so that an old answer cannot pass.
  static std::vector<std::byte> checked_run(backends::Backend& backend, const loops::Loop& loop,
                                            std::span<const std::byte> parameters) {
    std::vector<std::byte> answer(loops::answer_bytes(loop), backends::overwritten);
    backend.overwrite_results();
    backend.run(parameters, answer);
    return answer;
  }

  template <class Error, class Act>
  void expect_rejection(const std::string& what, Act act) {
    const auto backend = make_();
    try {
      act(*backend);
      found_.push_back("accepts " + what);
    } catch (const Error&) {
    }
    backend->stop();
  }

  /// What three lives of a backend leave; empty if nothing.
  [[nodiscard]] std::string left_by(const std::function<void()>& life) const {
    resources::Snapshot before;
    before.child_processes = children_at_first_;  // children that an earlier check left must not hide new ones
    for (int i = 0; i < 3; ++i) life();
    resources::Snapshot after;
    // The system may list a joined thread for a moment longer. A snapshot reads all of /proc, so pauses become longer.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    auto pause = std::chrono::milliseconds(1);
    while (after != before && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(pause);
      pause *= 2;
      after = resources::Snapshot();
    }
    if (after == before) return {};
    std::ostringstream text;
    text << "before " << before << ", after " << after;
    return text.str();
  }

  [[nodiscard]] int possible(int workers) const { return ranks_.workers > 0 ? ranks_.workers : workers; }
  [[nodiscard]] std::vector<int> possible(std::initializer_list<int> numbers) const {
    return ranks_.workers > 0 ? std::vector{ranks_.workers} : std::vector(numbers);
  }

  const Make& make_;
  const Ranks& ranks_;
  const std::ptrdiff_t children_at_first_ = resources::Snapshot().child_processes;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> violations(const Make& make, const Ranks& ranks) {
  Checker checker(make, ranks);
  checker.check_counts();
  checker.check_loops();
  checker.check_executions();
  checker.check_exceptions();
  checker.check_rejections();
  checker.check_leftovers();
  std::vector<std::string> found = std::move(checker).found();
  std::ranges::move(violations_with_data_in_parts(make, ranks), std::back_inserter(found));
  return found;
}

std::vector<std::string> leftovers(const Make& make, const Ranks& ranks) {
  Checker checker(make, ranks);
  checker.check_leftovers();
  return std::move(checker).found();
}

}  // namespace contract
