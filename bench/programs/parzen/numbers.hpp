// Numbers as people and programs write them. Every function that throws, throws std::invalid_argument with what was
// found, where, and what to do.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "parzen/problem.hpp"

namespace tool {

/// The longest number that a text begins with: std::from_chars, and a `+` before it. Knows no locale, unlike strtod.
std::from_chars_result read_number(const char* first, const char* last, double& value);

/// Without blanks, tabs and carriage returns at both ends.
std::string_view without_blanks(std::string_view text);

/// The parts of a text between which the separator stands: one more than there are separators.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Widths: `first:last:step`, both ends in, or `h1,h2,...` in any order. Not yet checked to be widths.
std::vector<double> parse_widths(std::string_view text);

/// A point: its coordinates with commas between.
parzen::Query parse_query(std::string_view text);

/// The samples as CSV, 17 significant digits: reading them back gives the same doubles.
std::string format_samples(const parzen::Samples& samples);

}  // namespace tool
