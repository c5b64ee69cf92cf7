// A loop of your own. Change it until it does what yours does, then run, in the folder of the benchmark suite:
//
//   make report LOOP=path/to/@NAME@.cpp
//
// It answers: serial, threads or processes, and how many workers? More examples: kernels/loops/examples/.
#include <cmath>
#include <cstdint>
#include <functional>

#include "loops/registry.hpp"

namespace {

/// One task: called once for each number from 0 to tasks - 1, in any order, by any thread or process. Its result may
/// depend only on the number and on the data, if there is some. Do not change what another task reads.
double task(std::int64_t number) {
  double value = static_cast<double>(number);
  for (int step = 0; step < 1'000; ++step) value = std::sin(value) + 1.0;
  return value;
}

/// Makes the loop of one size. Here the size is the number of tasks; choose any number that makes your loop larger.
loops::Work make(std::int64_t size) { return {loops::map<task>({.tasks = size})}; }

// If the answer is one value, such as a sum, write a function of a range of tasks, and say how to combine two values:
//
//   double sum(loops::Range tasks) {
//     double all = 0;
//     for (std::int64_t i = tasks.begin; i < tasks.end; ++i) all += task(i);
//     return all;
//   }
//   loops::Work make(std::int64_t size) { return {loops::reduce<sum, std::plus<>>({.tasks = size})}; }
//
// If tasks read data, make it in make(), which is not timed, and take it before the number:
//
//   double task(std::span<const double> data, std::int64_t number) { return data[number] * data[number]; }
//   loops::Work make(std::int64_t size) {
//     const std::vector<double> values(size, 0.5);
//     return {loops::map<task>({.tasks = size, .data = loops::shared<double>(values)})};
//   }
//
// A result has a fixed size: a number, std::array, std::complex, or a struct of these without padding. The program runs
// in the suite's folder. So name a file by its full path, or relative to this one:
// std::filesystem::path(__FILE__).parent_path() / "data.csv".

const loops::Registration registration({
    .name = "@NAME@",  // letters, digits, dots, underscores and hyphens
    .summary = "what the loop does",
    .sizes = {100, 1'000, 10'000},  // make() is called with each, and each is measured
    .make = make,
});

}  // namespace
