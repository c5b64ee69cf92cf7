#include "tool/csv_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <system_error>

#include "tool/numbers.hpp"

namespace tool {

namespace {

constexpr char quote = '"';

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// What Excel writes instead of a value, in lower case.
constexpr std::array<std::string_view, 7> excel_errors{"#n/a",  "#div/0!", "#value!", "#ref!",
                                                       "#num!", "#name?",  "#null!"};

template <class Words>
bool is_any_of(std::string_view text, const Words& words) {
  return std::ranges::any_of(words,
                             [text](std::string_view word) { return std::ranges::equal(text, word, {}, lower_case); });
}

std::size_t leading_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

/// Reads one line from left to right.
class Scanner {
 public:
  Scanner(std::string_view line, const LineFormat& format)
      : at_(line.data()), end_(line.data() + line.size()), format_(format) {}

  /// Whether the next value is there, as the format says; the first one has no separator before it.
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

  /// Tabs are blanks where they do not separate.
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

/// Without blanks at both ends, but with tabs: they may separate.
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

bool is_quoted(std::string_view cell) { return cell.size() > 1 && cell.front() == quote && cell.back() == quote; }

std::string_view without_quotes(std::string_view cell) {
  return is_quoted(cell) ? without_blanks(cell.substr(1, cell.size() - 2)) : cell;
}

bool is_name(std::string_view cell) {
  const std::string_view text = without_quotes(cell);
  if (is_missing(text) || is_number(text) || has_no_break_space(text)) return false;
  if (std::ranges::any_of(text, is_control)) return false;
  // What a number with a sign, a bracket or a currency before it begins with.
  const auto* const first =
      std::ranges::find_if(text, [](char c) { return is_digit(c) || is_letter(c) || !is_ascii(c); });
  if (first == text.end() || is_digit(*first)) return false;
  return !has_typographic_minus(text.substr(static_cast<std::size_t>(first - text.begin())));
}

bool is_missing(std::string_view cell) {
  constexpr std::array<std::string_view, 12> words{"",    "na",      "n/a", "<na>", "null", "none",
                                                   "nil", "missing", "-",   "?",    ".",    "*"};
  const std::string_view text = without_quotes(cell);
  return is_any_of(text, words) || is_any_of(text, excel_errors);
}

bool begins_with_excel_error(std::string_view line) {
  const std::string_view text = without_blanks(line);
  return is_any_of(text.substr(0, text.find_first_of(",;\t ")), excel_errors);
}

bool is_separator_line(std::string_view line) {
  constexpr std::string_view begin = "sep=";
  const std::string_view text = without_quotes(without_blanks(line));
  return text.starts_with(begin) && text.size() <= begin.size() + 1;
}

bool has_no_break_space(std::string_view cell) {
  constexpr std::string_view no_break_space = "\u00A0";
  std::string text(without_quotes(cell));
  const std::size_t before = text.size();
  for (auto at = text.find(no_break_space); at != std::string::npos; at = text.find(no_break_space)) {
    text.erase(at, no_break_space.size());
  }
  return text.size() < before && is_number(without_blanks(text));
}

bool is_number(std::string_view cell) {
  const std::string_view text = without_quotes(cell);
  double value = 0;
  const auto [stop, error] = read_number(text.data(), text.data() + text.size(), value);
  return error == std::errc() && stop == text.data() + text.size();
}

bool has_decimal_comma(std::string_view cell) {
  std::string text(without_quotes(cell));
  const auto comma = text.find(',');
  if (comma == std::string::npos || text.find('.') != std::string::npos) return false;
  text[comma] = '.';
  return leading_digits(std::string_view(text).substr(comma + 1)) > 0 && is_number(text);
}

bool has_typographic_minus(std::string_view text) {
  constexpr std::array<std::string_view, 7> signs{"\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212"};
  return std::ranges::any_of(signs, [text](std::string_view sign) { return text.starts_with(sign); });
}

bool has_thousands_separators(std::string_view cell) {
  constexpr std::size_t group = 3;
  if (cell.starts_with('-') || cell.starts_with('+')) cell.remove_prefix(1);
  const std::size_t first = leading_digits(cell);
  if (first == 0 || first > group || first == cell.size()) return false;
  cell.remove_prefix(first);
  const char separator = cell[0];
  if (std::string_view(",.' _").find(separator) == std::string_view::npos) return false;
  std::size_t groups = 0;
  for (; cell.starts_with(separator) && leading_digits(cell.substr(1)) == group; ++groups) {
    cell.remove_prefix(1 + group);
  }
  if (cell.starts_with('.') || cell.starts_with(',')) cell.remove_prefix(1 + leading_digits(cell.substr(1)));
  return groups > 0 && cell.empty();
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
