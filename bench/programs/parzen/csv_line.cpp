#include "programs/parzen/csv_line.hpp"

#include <algorithm>
#include <cmath>
#include <system_error>

#include "programs/parzen/cell.hpp"
#include "programs/parzen/numbers.hpp"

namespace tool {

namespace {

/// Reads one line from left to right.
class Scanner {
 public:
  Scanner(std::string_view line, const LineFormat& format)
      : at_(line.data()), end_(line.data() + line.size()), format_(format) {}

  /// Whether a next value follows, as the format says; the first one has no separator before it.
  bool value(double& value, bool first) {
    const bool blanks = skip_blanks();
    if (!first && !(format_.separator == ' ' ? blanks : skip(format_.separator))) return false;
    skip_blanks();
    if (format_.quoted && !skip(quote)) return false;
    const auto [stop, error] = read_number(at_, end_, value);
    if (error != std::errc() || !std::isfinite(value)) return false;
    at_ = stop;
    return !format_.quoted || skip(quote);
  }

  bool at_the_end() {
    skip_blanks();
    return at_ == end_;
  }

 private:
  bool skip(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  /// A tab is a blank unless it is the separator.
  bool skip_blanks() {
    const char* const before = at_;
    const bool tabs = format_.separator == ',' || format_.separator == ';';
    while (at_ != end_ && (*at_ == ' ' || (tabs && *at_ == '\t'))) ++at_;
    return at_ != before;
  }

  const char* at_;
  const char* end_;
  const LineFormat& format_;
};

/// Without blanks at both ends, but with tabs, which may be separators.
std::string_view without_spaces(std::string_view text) {
  const auto first = text.find_first_not_of(" \r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \r") - first + 1);
}

std::vector<std::string_view> separated(std::string_view line, char separator) {
  std::vector<std::string_view> cells;
  bool within_quotes = false;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == quote) within_quotes = !within_quotes;
    if (line[at] != separator || within_quotes) continue;
    cells.push_back(without_blanks(line.substr(begin, at - begin)));
    begin = at + 1;
  }
  cells.push_back(without_blanks(line.substr(begin)));
  return cells;
}

}  // namespace

char separator_of(std::string_view line) {
  constexpr std::string_view by_rank = ";,\t ";
  auto found = by_rank.size();
  bool within_quotes = false;
  for (const char c : without_spaces(line)) {
    if (c == quote) within_quotes = !within_quotes;
    if (!within_quotes) found = std::min(found, by_rank.find(c));
  }
  return found < by_rank.size() ? by_rank[found] : '\0';
}

std::string_view name_of_separator(char separator) {
  switch (separator) {
    case ',':
      return "commas";
    case ';':
      return "semicolons";
    case '\t':
      return "tabs";
    case ' ':
      return "blanks";
    default:
      return "nothing";
  }
}

std::vector<std::string_view> cells_of(std::string_view line, char separator) {
  if (separator == '\0') return {without_blanks(line)};
  auto cells = separated(separator == ' ' ? without_blanks(line) : line, separator);
  if (separator == ' ') std::erase(cells, std::string_view());
  return cells;
}

bool begins_with_excel_error(std::string_view line) {
  const std::string_view text = without_blanks(line);
  return is_excel_error(text.substr(0, text.find_first_of(",;\t ")));
}

LineKind kind_of(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos) return LineKind::empty;
  return line[first] == '#' && !begins_with_excel_error(line) ? LineKind::comment : LineKind::values;
}

std::string_view without_line_end(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view without_byte_order_mark(std::string_view line) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (line.starts_with(mark)) line.remove_prefix(mark.size());
  return line;
}

bool is_separator_line(std::string_view line) {
  constexpr std::string_view begin = "sep=";
  const std::string_view text = without_quotes(without_blanks(line));
  return text.starts_with(begin) && text.size() <= begin.size() + 1;
}

bool append_values(std::string_view line, const LineFormat& format, std::vector<double>& values) {
  const std::size_t before = values.size();
  Scanner scanner(line, format);
  for (std::size_t dimension = 0; dimension < format.dimensions; ++dimension) {
    double value = 0;
    if (!scanner.value(value, dimension == 0)) {
      values.resize(before);
      return false;
    }
    values.push_back(value);
  }
  if (scanner.at_the_end()) return true;
  values.resize(before);
  return false;
}

}  // namespace tool
