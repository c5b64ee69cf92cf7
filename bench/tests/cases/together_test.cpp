#include "cases/together.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "run_cases.hpp"

namespace {

/// One rank, and the time that a call takes on the slowest of the others: so the clock decides nothing.
class OtherRanks : public bench::Together {
 public:
  explicit OtherRanks(double slowest) : slowest_(slowest) { bench::together() = this; }
  ~OtherRanks() override { bench::together() = nullptr; }

  [[nodiscard]] backends::Ranks ranks() const override { return {0, 2}; }
  void wait() override { ++waits; }
  void largest(std::span<double> values) override { std::ranges::fill(values, slowest_); }
  void sum(std::span<double> values) override {
    for (double& value : values) value += cpu_of_others;
  }
  std::string first(const std::string& text) override { return text.empty() ? wrong_elsewhere : text; }
  [[nodiscard]] double min_time() const override { return 0.01; }

  std::int64_t waits = 0;
  std::string wrong_elsewhere;
  static constexpr double cpu_of_others = 3;

 private:
  double slowest_;
};

benchmark::BenchmarkReporter::Run time_calls_of(double slowest, std::int64_t& calls, std::int64_t& waits,
                                                std::chrono::microseconds pause = {}) {
  OtherRanks others(slowest);
  bench::Case one{"group", "family/mpi", [&](benchmark::State& state) {
                    const auto once = [&calls] { ++calls; };
                    if (pause.count() > 0) {
                      bench::time_calls_after_pause(state, once, pause);
                    } else {
                      bench::time_calls(state, once);
                    }
                  }};
  one.pause = pause;
  const auto runs = run_cases({one});
  waits = others.waits;
  EXPECT_EQ(runs.size(), 1U);
  return runs.front();
}

TEST(Together, ACallTakesTheTimeOfTheSlowestRank) {
  constexpr double slowest = 0.0015;
  std::int64_t calls = 0;
  std::int64_t waits = 0;
  const auto run = time_calls_of(slowest, calls, waits);
  EXPECT_DOUBLE_EQ(run.real_accumulated_time, slowest * static_cast<double>(run.iterations));
  EXPECT_EQ(run.iterations, 9);  // 1.4 times the minimum time, by the first call
  EXPECT_EQ(calls, 1 + 9 + 9);
  EXPECT_EQ(waits, calls) << "each call begins at a barrier";
  EXPECT_DOUBLE_EQ(run.counters.at("children_cpu_time").value, OtherRanks::cpu_of_others / 9);
}

TEST(Together, LongCallsAreTimedOnce) {
  std::int64_t calls = 0;
  std::int64_t waits = 0;
  EXPECT_EQ(time_calls_of(0.01, calls, waits).iterations, 1);
  EXPECT_EQ(calls, 2);
}

TEST(Together, CallsAfterAPauseAreAsManyAsWithoutRanks) {
  std::int64_t calls = 0;
  std::int64_t waits = 0;
  EXPECT_EQ(time_calls_of(0.001, calls, waits, bench::long_pause).iterations, bench::calls_after(bench::long_pause));
  EXPECT_EQ(calls, bench::calls_after(bench::long_pause));
}

TEST(Together, RanksAgreeIfAllDo) {
  EXPECT_TRUE(bench::all_agree(true)) << "without ranks, the own decision counts";
  EXPECT_FALSE(bench::all_agree(false));
  const OtherRanks disagree(1.0);
  EXPECT_FALSE(bench::all_agree(true));
}

TEST(Together, AnExceptionEndsTheProgram) {
  const OtherRanks others(0.01);
  bench::Case one{"group", "family/mpi", [](benchmark::State& /*state*/) { throw std::runtime_error("no memory"); }};
  EXPECT_THROW(run_cases({one}), std::runtime_error);
}

}  // namespace
