// One line of values: its separator and its cells.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tool {

/// The format of the lines of a file; all must have the same.
struct LineFormat {
  char separator = '\0';  ///< `,`, `;`, a tab, a blank (any number of them), or 0 for one value per line
  bool quoted = false;    ///< every value is in double quotes
  std::size_t dimensions = 0;
};

/// The separator of one line: a semicolon if there is one outside of quotes, else a comma, a tab or a blank.
char separator_of(std::string_view line);

/// The name of a separator in messages, such as "commas".
std::string_view name_of_separator(char separator);

/// The cells between separators outside of quotes, without surrounding blanks, but with their quotes.
std::vector<std::string_view> cells_of(std::string_view line, char separator);

/// Whether the line starts with an error of Excel; if so, its # does not start a comment.
bool begins_with_excel_error(std::string_view line);

/// What a line is, from its first characters.
enum class LineKind {
  empty,    ///< only blanks
  comment,  ///< begins with #
  values,   ///< a sample, or a header
};
LineKind kind_of(std::string_view line);

/// Without the carriage returns at the end of a line.
std::string_view without_line_end(std::string_view line);

/// The first line of a file without the mark that says that it is UTF-8.
std::string_view without_byte_order_mark(std::string_view line);

/// Whether it is Excel's first line that names the separator, such as sep=;
bool is_separator_line(std::string_view line);

/// Appends the values of a line in this format. Otherwise appends nothing and returns false.
bool append_values(std::string_view line, const LineFormat& format, std::vector<double>& values);

}  // namespace tool
