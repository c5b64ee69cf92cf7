// What is wrong with a line that is not written as the samples before it are, and what to do.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "programs/parzen/csv_line.hpp"

namespace tool {

/// For a value that is missing or not finite.
inline constexpr const char* on_missing =
    "fill in the value, or leave out all lines that lack one (pandas' dropna(), R's na.omit())";

/// Where a line is.
struct LinePlace {
  std::size_t number = 0;  ///< from 1
  std::size_t first = 0;   ///< the number of the line whose format it should have
};

/// A command that prints the samples of FILE, as a user gives its output to parzen.
std::string piped(std::string_view command);

/// Two lines, of which the first one is the later.
std::string different_separators(std::size_t line, char separator, std::size_t other_line, char other_separator);

/// How to remove separators at the ends of lines.
std::string without_last(char separator);

/// The message about a carriage return within a line; empty if there is none.
std::string carriage_return_fault(std::string_view line, std::size_t number);

/// The message about a line that append_values() refuses.
std::string fault_of(std::string_view line, const LineFormat& format, const LinePlace& place);

}  // namespace tool
