#include "contract.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "parzen/random/legacy.hpp"
#include "resources.hpp"

namespace contract {

namespace {

using backends::Decomposition;
using parzen::Counts;

class Checker {
 public:
  explicit Checker(const Make& make) : make_(make) {}

  void check_counts() {
    const parzen::Problem many{parzen::legacy_samples(11, 2003, 2), parzen::Query::Constant(2, 0.1)};
    const parzen::Problem one{parzen::Samples::Constant(1, 3, 0.4), parzen::Query::Zero(3)};
    const std::vector<double> unsorted_and_repeated{1.5, 0.2, 1.5, 6.0, 0.01, 0.8, 0.8};
    for (const auto decomposition : {Decomposition::by_width, Decomposition::by_sample}) {
      for (const parzen::Kernel& kernel : parzen::kernels()) {
        for (const int workers : {1, 2, 3, 6, 16}) {
          expect_counts("many samples", {many, kernel, decomposition}, workers, unsorted_and_repeated);
        }
        expect_counts("one sample", {one, kernel, decomposition}, 4, unsorted_and_repeated);
        expect_counts("one width", {many, kernel, decomposition}, 4, {1.0});
        expect_counts("no width", {many, kernel, decomposition}, 4, {});
      }
    }
  }

  void check_refusals() {
    const parzen::Problem problem{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(2)};
    const parzen::Problem other_dimension{parzen::legacy_samples(1, 10, 2), parzen::Query::Zero(3)};
    const backends::Plan plan{problem, parzen::kernel("literal")};
    for (const int workers : {0, -1, 4097}) {
      expect_refusal<std::invalid_argument>(fmt::format("{} workers", workers),
                                            [&](auto& b) { b.start(plan, workers); });
    }
    expect_refusal<std::invalid_argument>("a query of another dimension",
                                          [&](auto& b) { b.start({other_dimension, parzen::kernel("literal")}, 1); });
    expect_refusal<std::invalid_argument>("a width of 0", [&](auto& b) {
      b.start(plan, 2);
      b.run(std::vector{1.0, 0.0});
    });
    expect_refusal<std::logic_error>("run before start", [](auto& b) { b.run(std::vector{1.0}); });
    expect_refusal<std::logic_error>("start twice", [&](auto& b) {
      b.start(plan, 2);
      b.start(plan, 2);
    });
  }

  void check_leftovers() {
    const parzen::Problem problem{parzen::legacy_samples(2, 500, 2), parzen::Query::Zero(2)};
    const auto life = [&](bool stop) {
      const auto backend = make_();
      backend->start({problem, parzen::kernel("literal")}, 3);
      backend->run(std::vector{0.5, 1.0, 2.0, 4.0});
      if (stop) backend->stop();
    };
    life(true);  // what libraries make once for the whole program: arenas of the allocator, cached thread stacks
    for (const bool stop : {true, false}) {
      resources::Snapshot before;
      before.child_processes = children_at_first_;  // those that an earlier check left are no excuse for this one
      for (int i = 0; i < 3; ++i) life(stop);
      resources::Snapshot after;
      // The system may list a thread that was joined for a moment longer.
      const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
      while (after != before && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        after = resources::Snapshot();
      }
      if (after == before) continue;
      std::ostringstream text;
      text << "leaves something behind when " << (stop ? "stopped" : "destroyed") << ": before " << before << ", after "
           << after;
      found_.push_back(text.str());
    }
  }

  [[nodiscard]] std::vector<std::string> found() && { return std::move(found_); }

 private:
  void expect_counts(const char* what, const backends::Plan& plan, int workers, const std::vector<double>& widths) {
    Counts expected(widths.size());
    parzen::count_literal(plan.problem, {0, plan.problem.samples.rows()}, widths, expected);
    const auto backend = make_();
    backend->start(plan, workers);
    for (const char* run : {"first", "second"}) {
      const Counts counts = backend->run(widths);
      if (counts == expected) continue;
      found_.push_back(fmt::format("{}, kernel {}, {}, {} workers, {} run: counts are {}, should be {}", what,
                                   plan.kernel.name, backends::name(plan.decomposition), workers, run, counts,
                                   expected));
    }
    backend->stop();
    backend->stop();  // allowed, and does nothing
    backend->start(plan, workers);
    if (backend->run(widths) != expected) found_.push_back(fmt::format("{}: wrong counts after a second start", what));
    backend->stop();
  }

  template <class Error, class Act>
  void expect_refusal(const std::string& what, Act act) {
    const auto backend = make_();
    try {
      act(*backend);
      found_.push_back("accepts " + what);
    } catch (const Error&) {
    }
    backend->stop();
  }

  const Make& make_;
  const std::ptrdiff_t children_at_first_ = resources::Snapshot().child_processes;
  std::vector<std::string> found_;
};

}  // namespace

std::vector<std::string> violations(const Make& make) {
  Checker checker(make);
  checker.check_counts();
  checker.check_refusals();
  checker.check_leftovers();
  return std::move(checker).found();
}

std::vector<std::string> leftovers(const Make& make) {
  Checker checker(make);
  checker.check_leftovers();
  return std::move(checker).found();
}

}  // namespace contract
