// parzen_bench_slowed: parzen_bench with deliberately slower backends, to test what `make gate` detects.
//
//   PARZEN_SLOWED=tbb:5     each start, run and stop of tbb takes 5% longer: the caller spins after it
//   PARZEN_SLOWED=all:20    of every backend
//
// The linker replaces Backend's functions by these (option --wrap), so the shipped program is unchanged. Without the
// variable nothing is slower; an invalid value ends the program.
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <typeindex>
#include <typeinfo>
#include <vector>

#include "backends/backend.hpp"

namespace {

using backends::Backend;
using Clock = std::chrono::steady_clock;

/// The slowed backends, and the slowdown as a share of a call's time.
struct Slowed {
  std::vector<std::type_index> types;
  double share = 0;
};

[[noreturn]] void reject(std::string_view value) {
  fmt::print(stderr, "PARZEN_SLOWED={} is invalid: give a backend, or all, and a percentage, such as tbb:5\n", value);
  std::exit(2);
}

Slowed read_environment() {
  Slowed found;
  const char* variable = std::getenv("PARZEN_SLOWED");
  if (variable == nullptr) return found;
  const std::string_view value = variable;
  const std::size_t colon = value.find(':');
  if (colon == std::string_view::npos) reject(value);
  const std::string_view name = value.substr(0, colon);
  const std::string_view number = value.substr(colon + 1);
  int percents = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), percents);
  if (error != std::errc() || end != number.data() + number.size() || percents < 0) reject(value);
  found.share = percents / 100.0;
  for (const backends::Description& backend : backends::registry()) {
    if (name != "all" && name != backend.name) continue;
    const auto made = backend.make();
    const Backend& object = *made;
    found.types.emplace_back(typeid(object));
  }
  if (found.types.empty()) reject(value);
  return found;
}

/// The first call reads the variable. Until then nothing is slower: an object that is created to learn a type also
/// calls stop in its destructor.
const Slowed& slowed_backends() {
  static Slowed chosen;
  static bool asked = false;
  if (!asked) {
    asked = true;
    chosen = read_environment();
  }
  return chosen;
}

/// Calls, then spins in proportion if the backend is slowed. It reads the clock for any share, so that a share of 0
/// differs from others only by the spinning.
template <class Call>
void slowed(const Backend& backend, const Call& call) {
  const Slowed& chosen = slowed_backends();
  const auto begin = Clock::now();
  call();
  const auto done = Clock::now();
  for (const std::type_index type : chosen.types) {
    if (type != typeid(backend)) continue;
    const auto until = done + std::chrono::duration_cast<Clock::duration>(chosen.share * (done - begin));
    while (Clock::now() < until) {
    }
  }
}

}  // namespace

// Member functions take their object as the first argument (Itanium C++ ABI, 2.3 and 3.1.3).
#define START "_ZN8backends7Backend5startERKN5loops4LoopEi"
#define RUN "_ZN8backends7Backend3runESt4spanIKSt4byteLm18446744073709551615EES1_IS2_Lm18446744073709551615EE"
#define STOP "_ZN8backends7Backend4stopEv"
void real_start(Backend* backend, const loops::Loop& loop, int workers) asm("__real_" START);
void real_run(Backend* backend, std::span<const std::byte> parameters, std::span<std::byte> answer) asm("__real_" RUN);
void real_stop(Backend* backend) asm("__real_" STOP);
void wrapped_start(Backend* backend, const loops::Loop& loop, int workers) asm("__wrap_" START);
void wrapped_run(Backend* backend, std::span<const std::byte> parameters,
                 std::span<std::byte> answer) asm("__wrap_" RUN);
void wrapped_stop(Backend* backend) asm("__wrap_" STOP);

void wrapped_start(Backend* backend, const loops::Loop& loop, int workers) {
  slowed(*backend, [&] { real_start(backend, loop, workers); });
}

void wrapped_run(Backend* backend, std::span<const std::byte> parameters, std::span<std::byte> answer) {
  slowed(*backend, [&] { real_run(backend, parameters, answer); });
}

void wrapped_stop(Backend* backend) {
  slowed(*backend, [&] { real_stop(backend); });
}
