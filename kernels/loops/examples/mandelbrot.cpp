// Irregular tasks: a row of the Mandelbrot set takes up to a hundred times as long as another one.
#include <complex>
#include <cstdint>

#include "loops/registry.hpp"

namespace {

struct Picture {
  std::int64_t side;
};

/// The iterations of all points of a row.
std::int64_t row(const Picture& picture, std::int64_t row) {
  constexpr int most_iterations = 200;
  const auto side = static_cast<double>(picture.side);
  std::int64_t iterations = 0;
  for (std::int64_t column = 0; column < picture.side; ++column) {
    const std::complex c(3.0 * static_cast<double>(column) / side - 2.25, 3.0 * static_cast<double>(row) / side - 1.5);
    std::complex z(0.0, 0.0);
    for (int step = 0; step < most_iterations && std::norm(z) <= 4.0; ++step, ++iterations) {
      z = {z.real() * z.real() - z.imag() * z.imag() + c.real(), 2.0 * z.real() * z.imag() + c.imag()};
    }
  }
  return iterations;
}

const loops::Registration mandelbrot_registration({
    .name = "mandelbrot",
    .summary = "every task iterates the points of one row of a picture",
    .sizes = {32, 96, 256},
    .make =
        [](std::int64_t side) { return loops::Work{loops::map<row>({.tasks = side}), loops::bytes_of(Picture{side})}; },
});

}  // namespace
