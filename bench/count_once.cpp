// One call of a kernel on the article's problem, by a name that instructions.py finds in a profile.
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "host/program.hpp"
#include "parzen/kernel.hpp"
#include "parzen/legacy.hpp"
#include "parzen/widths.hpp"
#include "text/shown.hpp"
#include "verify.hpp"

namespace {

constexpr std::uint32_t seed = 123;
constexpr std::int64_t article_n = 10'000;
constexpr std::int64_t d = 2;
constexpr std::size_t m = 100;

}  // namespace

/// Calls the kernel on all samples. In C's linkage and never inlined, so that its name and its one call are the same
/// whatever the compiler makes of the kernels.
extern "C" [[gnu::noinline]] void counted_call(parzen::CountFunction count, const parzen::Problem& problem,
                                               std::span<const double> widths, std::span<parzen::Count> counts) {
  count(problem, {0, problem.samples.rows()}, widths, counts);
}

namespace {

int run(const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.size() > 2) {
    throw std::invalid_argument("usage: count_once KERNEL [SAMPLES], or count_once --kernels, which lists their names");
  }
  if (arguments[0] == "--kernels") {
    for (const parzen::Kernel& kernel : parzen::kernels()) fmt::print("{}\n", kernel.name);
    return 0;
  }
  const std::int64_t n = arguments.size() > 1 ? std::stoll(arguments[1]) : article_n;
  const parzen::Kernel& kernel = parzen::kernel(arguments[0]);
  const parzen::Problem problem{parzen::legacy_samples(seed, n, d), parzen::Query::Zero(d)};
  const std::vector<double> widths = parzen::linspace(1.0, 1.2, m);
  parzen::Counts counts(m);
  // A program's first call also chooses the instruction set and binds the functions of shared libraries.
  kernel.count(problem, {0, n}, widths, counts);
  counts.assign(m, -1);
  counted_call(kernel.count, problem, widths, counts);
  if (const auto wrong = bench::mismatch(widths, bench::literal_counts(problem, widths), counts)) {
    throw std::runtime_error(fmt::format("{}: {}", arguments[0], *wrong));
  }
  fmt::print("n:{}/d:{}/m:{}/widths:1.0-1.2/seed:{}\n", n, d, m, seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return host::run_program("count_once", [&] { return run(arguments); });
}
