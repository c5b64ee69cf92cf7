// Whole numbers on a command line, read strictly: CLI11 takes 010 for 8, and 2^63 for the number before it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace command_line {

/// What is wrong with the text of a number of that type, or nothing.
std::string fault_of_signed(const std::string& text);
std::string fault_of_unsigned(const std::string& text);
/// Of a number that is at least 1.
std::string fault_of_positive(const std::string& text);
/// Of such numbers with commas between them.
std::string fault_of_positives(const std::string& list);

/// The numbers of a list without fault.
std::vector<std::int64_t> positives(const std::string& list);

}  // namespace command_line
