// One line of values: how it is separated, and its cells.
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

/// Whether a line begins with an error of Excel, and so is not a comment.
bool begins_with_excel_error(std::string_view line);

/// Whether it is Excel's own first line, such as sep=; which names the separator.
bool is_separator_line(std::string_view line);

/// Appends the values of a line that has the format; of any other line, appends nothing and returns false.
bool append_values(std::string_view line, const LineFormat& format, std::vector<double>& values);

}  // namespace tool
