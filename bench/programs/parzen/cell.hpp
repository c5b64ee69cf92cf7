// Classifies a cell of a line: a number, a name, a missing value, or an error.
#pragma once

#include <string_view>

namespace tool {

inline constexpr char quote = '"';

bool is_quoted(std::string_view cell);

std::string_view without_quotes(std::string_view cell);

/// Whether the cell may be a column's name: not if it looks like a number, a missing value or an error.
bool is_name(std::string_view cell);

/// Whether it is an error that Excel writes instead of a value, such as #DIV/0!.
bool is_excel_error(std::string_view cell);

/// Whether the cell is a word for a missing value, such as NA, an error of Excel, or empty.
bool is_missing(std::string_view cell);

/// Whether the cell is a number apart from no-break spaces.
bool has_no_break_space(std::string_view cell);

/// Whether the whole cell is a number within the range of double, finite or not.
bool is_number(std::string_view cell);

/// Whether the cell is a number with a decimal comma.
bool has_decimal_comma(std::string_view cell);

/// Whether the cell is a number with thousands separators, as in 1,234.5.
bool has_thousands_separators(std::string_view cell);

/// Whether the text starts with a minus sign of word processors.
bool has_typographic_minus(std::string_view text);

}  // namespace tool
