// Evenly spaced widths, equal to NumPy's to the bit, since the article's widths are NumPy's.
#pragma once

#include <cstddef>
#include <vector>

namespace parzen {

/// numpy.linspace(first, last, size): first + i * step, the last one exactly `last`. Size 1 gives {first}, 0 gives {}.
std::vector<double> linspace(double first, double last, std::size_t size);

/// The values first + i * step of numpy.arange from first to last, both included. Throws std::invalid_argument unless
/// all three are finite, step > 0, first <= last, a whole number of steps leads from first to last (within one
/// millionth of a step), and there are at most 1,000,000 values.
std::vector<double> stepped(double first, double last, double step);

}  // namespace parzen
