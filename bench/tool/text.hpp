// Numbers as people and files write them. Every function throws std::invalid_argument with what was found, where, and
// what to do.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "parzen/problem.hpp"

namespace tool {

/// Widths: `first:last:step`, both ends in, or `h1,h2,...` in any order. Not yet checked to be widths.
std::vector<double> parse_widths(std::string_view text);

/// A point: its coordinates with commas between.
parzen::Query parse_query(std::string_view text);

/// Samples as CSV without a header: a line a sample, a value a dimension; finite numbers; at least one sample.
/// `name` is what messages call the stream.
parzen::Samples read_samples(std::istream& stream, std::string_view name);

/// The samples as CSV, 17 significant digits: reading them back gives the same doubles.
std::string format_samples(const parzen::Samples& samples);

}  // namespace tool
