// Strict integers on a command line. CLI11 alone reads 010 as 8, and 2^63 as 2^63 - 1.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace command_line {

/// Says what is wrong with the text of a number of that type; empty if nothing is.
std::string fault_of_signed(const std::string& text);
std::string fault_of_unsigned(const std::string& text);
/// The same for a number that is at least 1.
std::string fault_of_positive(const std::string& text);
/// The same for a list of such numbers with commas between them.
std::string fault_of_positives(const std::string& list);

/// The numbers of a valid list.
std::vector<std::int64_t> positives(const std::string& list);

}  // namespace command_line
