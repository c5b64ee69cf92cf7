// Numbers as people and programs write them. Functions that throw, throw std::invalid_argument with what was found,
// where, and what to do.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "parzen/problem.hpp"

namespace tool {

/// Parses the longest number at the start of a text: std::from_chars, and an optional `+`. Unlike strtod, it does not
/// depend on the locale.
std::from_chars_result read_number(const char* first, const char* last, double& value);

/// Removes blanks, tabs and carriage returns at both ends.
std::string_view without_blanks(std::string_view text);

/// The parts of a text between separators: one more than there are separators.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Parses widths: `first:last:step` with both ends, or `h1,h2,...` in any order. Does not check that they are valid
/// widths.
std::vector<double> parse_widths(std::string_view text);

/// Parses a point: coordinates separated by commas.
parzen::Query parse_query(std::string_view text);

/// The samples as CSV with 17 significant digits, which read back as the same doubles.
std::string format_samples(const parzen::Samples& samples);

}  // namespace tool
