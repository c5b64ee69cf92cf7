#include "machine/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

namespace bench {

namespace {

/// Names of variables, and prefixes that end in an underscore.
constexpr std::array<std::string_view, 34> changing_times{
    // the dynamic loader and the C library: which libraries, when symbols are bound, how malloc behaves
    "LD_",
    "GLIBC_TUNABLES",
    "MALLOC_",  // glibc's own, and MALLOC_CONF of jemalloc
    "TCMALLOC_",
    "MIMALLOC_",
    // thread pools of the backends and of the Python baselines' libraries
    "OMP_",
    "GOMP_",
    "KMP_",
    "TBB_",
    "OPENBLAS_",
    "GOTO_",
    "BLIS_",
    "MKL_",
    "NUMEXPR_",
    "JOBLIB_",
    "LOKY_",
    // NumPy: which code it runs and how it allocates
    "NPY_",
    "NUMPY_",
    // the interpreter of the Python baselines
    "PYTHONASYNCIODEBUG",
    "PYTHONDEVMODE",
    "PYTHONHASHSEED",
    "PYTHONMALLOC",
    "PYTHONMALLOCSTATS",
    "PYTHONOPTIMIZE",
    "PYTHONPERFSUPPORT",
    "PYTHONPROFILEIMPORTTIME",
    "PYTHONTRACEMALLOC",
    "PYTHON_",  // such as PYTHON_CPU_COUNT, PYTHON_GIL, PYTHON_JIT
    // sanitizers of an instrumented build
    "ASAN_OPTIONS",
    "LSAN_OPTIONS",
    "TSAN_OPTIONS",
    "UBSAN_OPTIONS",
    // flags of Google Benchmark: rounds.py removes them, so they have an effect only if a person runs parzen_bench
    "BENCHMARK_",
    // the folder for the files of family io_bound
    "TMPDIR",
};

constexpr std::size_t longest_value = 200;

bool changes_times(std::string_view name) {
  return std::ranges::any_of(changing_times, [&](std::string_view each) {
    return each.ends_with('_') ? name.starts_with(each) : name == each;
  });
}

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    const bool as_it_is = c >= ' ' && c <= '~' && c != '\\' && c != ';';
    shown += as_it_is ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return shown;
}

std::string described(std::string_view name, std::string_view value) {
  if (value.find('/') != std::string_view::npos) return printable(name) + " is set";
  std::string shown = fmt::format("{}={}", printable(name), printable(value.substr(0, longest_value)));
  if (value.size() > longest_value) shown += fmt::format("... ({} bytes)", value.size());
  return shown;
}

}  // namespace

std::string describe_environment(const char* const* variables) {
  std::set<std::string> found;
  for (; *variables != nullptr; ++variables) {
    const std::string_view text = *variables;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;  // not a variable: execve() passes any string
    if (const auto name = text.substr(0, equals); changes_times(name))
      found.insert(described(name, text.substr(equals + 1)));
  }
  return found.empty() ? "none" : fmt::format("{}", fmt::join(found, "; "));
}

}  // namespace bench
