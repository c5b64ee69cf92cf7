// What a cell of a line is: a number, a name, a missing value, or something that is written wrongly.
#pragma once

#include <string_view>

namespace tool {

inline constexpr char quote = '"';

bool is_quoted(std::string_view cell);

std::string_view without_quotes(std::string_view cell);

/// Whether the cell may be the name of a column: what looks like a number, missing or written wrongly, is no name.
bool is_name(std::string_view cell);

/// Whether it is what Excel writes instead of a value, such as #DIV/0!.
bool is_excel_error(std::string_view cell);

/// Whether the cell is one of the words that stand where a value is missing, such as NA, an error of Excel, or nothing.
bool is_missing(std::string_view cell);

/// Whether the cell is a number but for no-break spaces.
bool has_no_break_space(std::string_view cell);

/// Whether all of the cell is a number within the range of double, finite or not.
bool is_number(std::string_view cell);

/// Whether the cell is a number in whose place of a point there is a comma.
bool has_decimal_comma(std::string_view cell);

/// Whether groups of three digits are set apart, as in 1,234.5.
bool has_thousands_separators(std::string_view cell);

/// Whether the text begins with what word processors write for a minus sign.
bool has_typographic_minus(std::string_view text);

}  // namespace tool
