// One dot product, under a name that instructions.py finds in a profile. `count_dot serial` runs a loop under backend
// serial, `count_dot by_hand` a handwritten loop. The difference is the overhead of the loop contract.
#include <cstdint>
#include <cstdio>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "backends/backend.hpp"
#include "loops/typed.hpp"

namespace {

constexpr std::size_t n = 1'000'000;

/// The second vector follows the first.
double dot(std::span<const double> both, loops::Range elements) {
  double sum = 0;
  for (auto i = static_cast<std::size_t>(elements.begin); i < static_cast<std::size_t>(elements.end); ++i) {
    sum += both[i] * both[n + i];
  }
  return sum;
}

double by_hand(std::span<const double> x, std::span<const double> y) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

}  // namespace

/// The function has C linkage, is never inlined and makes no tail call. So its name and its single call do not depend
/// on the compiler's treatment of the loop.
extern "C" [[gnu::noinline]] void counted_call(const std::function<double()>& call, volatile double& result) {
  result = call();
}

int main(int argc, char** argv) {
  const std::string_view way = argc == 2 ? argv[1] : "";
  const bool as_a_loop = way == "serial";
  if (!as_a_loop && way != "by_hand") return 2;
  std::vector<double> values(2 * n);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1.0 / static_cast<double>(i + 1);
  const std::span<const double> both(values);
  const loops::Loop loop =
      loops::reduce<dot, std::plus<>>({.tasks = static_cast<std::int64_t>(n), .data = loops::shared(both)});
  const auto serial = backends::find("serial").make();
  serial->start(loop, 1);
  std::vector<double> answer(1);
  std::function<double()> call = [&] { return by_hand(both.first(n), both.last(n)); };
  if (as_a_loop) {
    call = [&] {
      serial->run({}, std::as_writable_bytes(std::span(answer)));
      return answer.front();
    };
  }
  volatile double result = call();  // the first call of a program also binds the functions of shared libraries
  counted_call(call, result);
  std::printf("n:%zu\n", n);
  return 0;
}
