// Says what is wrong with a line that differs in format from the samples before it, and what to do.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "programs/parzen/csv_line.hpp"

namespace tool {

/// Advice for a value that is missing or not finite.
inline constexpr const char* on_missing =
    "fill in the value, or remove all lines that lack one (pandas' dropna(), R's na.omit())";

/// The position of a line.
struct LinePlace {
  std::size_t number = 0;  ///< from 1
  std::size_t first = 0;   ///< number of the line that sets the format
};

/// The command for the user: FILE's samples, converted and piped to parzen.
std::string piped(std::string_view command);

/// The message for two lines with different separators; the first argument is the later line.
std::string different_separators(std::size_t line, char separator, std::size_t other_line, char other_separator);

/// The command that removes separators at the ends of lines.
std::string without_last(char separator);

/// The message for a carriage return within a line; empty if there is none.
std::string carriage_return_fault(std::string_view line, std::size_t number);

/// The message for a line longer than LineReader::longest_line.
std::string fault_of_long_line(std::size_t number);

/// The message for an empty line that samples follow.
std::string fault_of_empty_line(std::size_t number);

/// Whether every value of a line has a decimal point or an exponent.
bool is_written_as_floating_point(std::string_view line, const LineFormat& format);

/// The warning that the first line, whose values are 0, 1, 2 and so on, may be a header.
std::string warning_of_first_line(std::string_view name, std::size_t number);

/// The message for a line that append_values() rejects.
std::string fault_of(std::string_view line, const LineFormat& format, const LinePlace& place);

}  // namespace tool
