#include "programs/parzen/cell.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>

#include "programs/parzen/numbers.hpp"

namespace tool {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }

char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// What Excel writes for an error, in lower case.
constexpr std::array<std::string_view, 18> excel_errors{
    "#n/a",   "#na",    "#div/0!", "#value!",   "#ref!",     "#num!",     "#name?",     "#null!",   "#spill!",
    "#calc!", "#busy!", "#field!", "#connect!", "#blocked!", "#unknown!", "#external!", "#python!", "#getting_data"};

template <class Words>
bool is_any_of(std::string_view text, const Words& words) {
  return std::ranges::any_of(words,
                             [text](std::string_view word) { return std::ranges::equal(text, word, {}, lower_case); });
}

std::size_t leading_digits(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

/// A range of characters that have the same length in UTF-8; their bytes have the same order.
struct Characters {
  std::string_view first;
  std::string_view last;

  [[nodiscard]] bool begin(std::string_view text) const {
    const std::string_view character = text.substr(0, first.size());
    return first <= character && character <= last;
  }
};

/// Outside ASCII: blanks, zero-width marks, punctuation, currencies, and operators such as a minus sign.
constexpr std::array symbols{
    Characters{"\u0080", "\u00A9"}, Characters{"\u00AB", "\u00B1"}, Characters{"\u00B4", "\u00B4"},
    Characters{"\u00B6", "\u00B8"}, Characters{"\u00BB", "\u00BB"}, Characters{"\u00BF", "\u00BF"},
    Characters{"\u2000", "\u206F"}, Characters{"\u20A0", "\u20CF"}, Characters{"\u2190", "\u22FF"},
    Characters{"\u3000", "\u303F"}, Characters{"\uFEFF", "\uFEFF"}, Characters{"\uFF01", "\uFF0F"}};

/// Digits outside ASCII: superscripts, subscripts, fractions, and those of Arabic, Hindi and Japanese.
constexpr std::array other_digits{Characters{"\u00B2", "\u00B3"}, Characters{"\u00B9", "\u00B9"},
                                  Characters{"\u00BC", "\u00BE"}, Characters{"\u0660", "\u0669"},
                                  Characters{"\u06F0", "\u06F9"}, Characters{"\u0966", "\u096F"},
                                  Characters{"\u2070", "\u2089"}, Characters{"\uFF10", "\uFF19"}};

/// Whether a letter comes before the first digit. Numbers may have a sign, a bracket or a currency before it.
bool begins_with_letter(std::string_view text) {
  while (!text.empty()) {
    const auto begins = [text](const Characters& characters) { return characters.begin(text); };
    const char c = text.front();
    if (is_letter(c)) return true;
    if (is_digit(c) || std::ranges::any_of(other_digits, begins)) return false;
    const auto* const symbol = std::ranges::find_if(symbols, begins);
    if (symbol == symbols.end() && !is_ascii(c)) return true;
    text.remove_prefix(symbol == symbols.end() ? 1 : symbol->first.size());
  }
  return false;
}

/// Whether an older C library of Windows wrote it for a value that is not finite, such as -1.#IND and 1.#INF00.
bool is_not_finite_on_windows(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text.starts_with("1.#");
}

}  // namespace

bool is_quoted(std::string_view cell) { return cell.size() > 1 && cell.front() == quote && cell.back() == quote; }

std::string_view without_quotes(std::string_view cell) {
  return is_quoted(cell) ? without_blanks(cell.substr(1, cell.size() - 2)) : cell;
}

bool is_name(std::string_view cell) {
  const std::string_view text = without_quotes(cell);
  if (is_missing(text) || is_number(text) || has_no_break_space(text)) return false;
  if (std::ranges::any_of(text, is_control)) return false;
  return begins_with_letter(text);
}

bool is_excel_error(std::string_view cell) { return is_any_of(cell, excel_errors); }

bool is_missing(std::string_view cell) {
  constexpr std::array<std::string_view, 14> words{"",     "na",  "n/a",     "n.a.", "<na>", "nat", "null",
                                                   "none", "nil", "missing", "-",    "?",    ".",   "*"};
  const std::string_view text = without_quotes(cell);
  return is_any_of(text, words) || is_excel_error(text) || is_not_finite_on_windows(text);
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

}  // namespace tool
