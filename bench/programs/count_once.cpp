// One call of a kernel on the article's problem, by a name that instructions.py finds in a profile.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "cases/verify.hpp"
#include "command_line/command.hpp"
#include "host/program.hpp"
#include "parzen/counting/kernel.hpp"
#include "parzen/random/legacy.hpp"
#include "parzen/widths.hpp"
#include "text/shown.hpp"

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

std::string kernel_names() {
  std::vector<std::string> names;
  for (const parzen::Kernel& kernel : parzen::kernels()) names.emplace_back(kernel.name);
  return fmt::format("{}", fmt::join(names, "\n"));
}

/// Throws std::invalid_argument for an unknown kernel, and for a number of samples that cannot be drawn.
void count_once(const std::string& name, std::int64_t n) {
  const parzen::Kernel& kernel = parzen::kernel(name);
  const parzen::Problem problem{parzen::legacy_samples(seed, n, d), parzen::Query::Zero(d)};
  const std::vector<double> widths = parzen::linspace(1.0, 1.2, m);
  parzen::Counts counts(m);
  // A program's first call also chooses the instruction set and binds the functions of shared libraries.
  kernel.count(problem, {0, n}, widths, counts);
  counts.assign(m, -1);
  counted_call(kernel.count, problem, widths, counts);
  if (const auto wrong = bench::mismatch(widths, bench::literal_counts(problem, widths), counts)) {
    throw std::runtime_error(fmt::format("{}: {}", name, *wrong));
  }
}

int run(int argc, char** argv) {
  command_line::Command command("count_once",
                                "Counts once by a kernel on the article's problem; for make instructions.");
  std::string name;
  std::int64_t n = article_n;
  command.required("KERNEL", name, "one that --kernels lists");
  command.option("SAMPLES", n, "how many");
  command.flag_that_prints("--kernels", kernel_names(), "list the names of kernels, and end");
  if (const auto status = command.parse(argc, argv)) return *status;
  try {
    count_once(name, n);
  } catch (const std::invalid_argument& error) {
    return command.refuse(text::escaped(error.what()));
  }
  fmt::print("n:{}/d:{}/m:{}/widths:1.0-1.2/seed:{}\n", n, d, m, seed);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run_program("count_once", [&] { return run(argc, argv); });
}
