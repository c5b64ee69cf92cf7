// One line of values: how it is separated, its cells, and what a cell is.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tool {

/// How the lines of a file are written: all in one way.
struct LineFormat {
  char separator = '\0';  ///< `,`, `;`, a tab, a blank, which is any number of them, or 0: a value a line
  bool quoted = false;    ///< every value is within double quotes
  std::size_t dimensions = 0;
};

/// Of a line by itself: a semicolon if there is one outside of quotes, else a comma, a tab or a blank between values.
char separator_of(std::string_view line);

/// What messages call a separator, such as "commas".
std::string_view name_of_separator(char separator);

/// The cells between separators outside of quotes, without blanks around them, but with their quotes.
std::vector<std::string_view> cells_of(std::string_view line, char separator);

bool is_quoted(std::string_view cell);

std::string_view without_quotes(std::string_view cell);

/// Whether the cell may be the name of a column: what looks like a number, missing or written wrongly, is no name.
bool is_name(std::string_view cell);

/// Whether the cell is one of the words that stand where a value is missing, such as NA and Excel's #DIV/0!, or
/// nothing.
bool is_missing(std::string_view cell);

/// Whether a line begins with one of Excel's, and so is no comment.
bool begins_with_excel_error(std::string_view line);

/// Whether it is Excel's own first line, such as sep=; which names the separator.
bool is_separator_line(std::string_view line);

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

/// Appends the values of a line that has the format; of any other line, appends nothing and returns false.
bool append_values(std::string_view line, const LineFormat& format, std::vector<double>& values);

}  // namespace tool
