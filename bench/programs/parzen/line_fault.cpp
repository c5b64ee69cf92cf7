#include "programs/parzen/line_fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "programs/parzen/cell.hpp"
#include "programs/parzen/line_reader.hpp"
#include "programs/parzen/numbers.hpp"
#include "text/shown.hpp"

namespace tool {

namespace {

std::string wrong_number_of_values(std::size_t found, const LineFormat& format, std::size_t number) {
  return fmt::format(
      "line {} has {} value(s), the lines before it have {}: every sample needs the same number of dimensions: correct "
      "or remove the line",
      number, found, format.dimensions);
}

bool all_numeric(const std::vector<std::string_view>& cells) {
  return std::ranges::all_of(cells, [](std::string_view cell) { return is_number(cell) || has_decimal_comma(cell); });
}

/// The message for another separator within a cell; empty if there is none.
std::string fault_of_separators(std::string_view line, std::string_view cell, const LineFormat& format,
                                std::size_t number) {
  const char inner = separator_of(cell);
  if (inner == '\0' || has_thousands_separators(cell) || !all_numeric(cells_of(cell, inner))) return {};
  const auto cells = cells_of(line, inner);
  if (format.separator == '\0') return wrong_number_of_values(cells.size(), format, number);
  if (format.separator == ',' && all_numeric(cells)) {
    return fmt::format("line {} separates its values by {} and has decimal commas: write points: {}", number,
                       name_of_separator(inner), piped("tr , . < FILE"));
  }
  return fmt::format("line {} separates its values both by {} and by {}: use one separator in the whole file", number,
                     name_of_separator(format.separator), name_of_separator(inner));
}

std::string on_decimal_comma(char separator) {
  // With comma separators, decimal commas are inside quotes: only these have a digit on both sides.
  return "write points: " + piped(separator == ',' ? R"(sed 's/\([0-9]\),\([0-9]\)/\1.\2/g' FILE)" : "tr , . < FILE");
}

/// Whether it is a number with Fortran's letter d as the exponent.
bool has_fortran_exponent(std::string_view cell) {
  std::string text(cell);
  const auto letter = std::ranges::find_if(text, [](char c) { return c == 'd' || c == 'D'; });
  if (letter == text.end()) return false;
  *letter = 'e';
  return is_number(text);
}

/// The advice for a cell that is not a number, by its appearance.
std::string advice_on(std::string_view cell) {
  const std::string_view text = without_quotes(cell);
  const auto holds = [text](char c) { return text.find(c) != std::string_view::npos; };
  if (has_thousands_separators(text)) return "write numbers without thousands separators";
  if (has_fortran_exponent(text)) {
    return "exponents have an e: " + piped("tr dD ee < FILE");
  }
  if (has_no_break_space(text)) {
    return "it has a no-break space (U+00A0): " + piped(R"(LC_ALL=C sed 's/\xc2\xa0/ /g' FILE)");
  }
  if (has_typographic_minus(text)) return "a minus sign is the ASCII character -";
  if (holds('#')) {
    return "a comment has a line of its own: " + piped("sed 's/#.*//' FILE");
  }
  if (holds('|')) return "write commas: " + piped("tr '|' , < FILE");
  if (holds('"')) {
    return "close the quotes, or remove them: " + piped("tr -d '\"' < FILE");
  }
  if (holds('\'')) return "remove the quotes: " + piped("tr -d \"'\" < FILE");
  if (is_name(cell)) return "only a header may contain names: write a number, or remove this column or line";
  return "write numbers such as -1.5 or 2e-3";
}

/// The message for value i of the line, from 0; empty if it is valid.
std::string fault_of_cell(std::string_view line, std::size_t i, std::string_view cell, const LineFormat& format,
                          std::size_t number) {
  const auto fault = [&](std::string_view what, std::string_view advice) {
    return fmt::format("value {} of line {} is {}, {}: {}", i + 1, number, text::quoted(cell), what, advice);
  };
  if (is_missing(cell)) return fault("not a number", on_missing);
  const std::string_view text = without_quotes(cell);
  double value = 0;
  const auto [stop, error] = read_number(text.data(), text.data() + text.size(), value);
  const bool whole = stop == text.data() + text.size();
  if (whole && error == std::errc::result_out_of_range) return fault("outside the range of double", "correct it");
  if (whole && error == std::errc() && !std::isfinite(value)) {
    return fmt::format("value {} of line {} is {}: samples must be finite: {}", i + 1, number, value, on_missing);
  }
  if (whole && error == std::errc()) {
    if (is_quoted(cell) == format.quoted) return {};
    return fault(format.quoted ? "without quotes" : "in quotes",
                 "quote all values or none: " + piped(R"(tr -d '"' < FILE)"));
  }
  if (format.separator == ',' && has_decimal_comma(cell) && has_thousands_separators(text)) {
    return fault("which has a decimal comma or a thousands separator",
                 "write a decimal point, or remove the separator");
  }
  if (has_decimal_comma(cell)) return fault("which has a decimal comma", on_decimal_comma(format.separator));
  if (std::string separators = fault_of_separators(line, cell, format, number); !separators.empty()) {
    return separators;
  }
  return fault("not a number", advice_on(cell));
}

}  // namespace

std::string piped(std::string_view command) { return fmt::format("`{} | parzen estimate --samples - ...`", command); }

std::string different_separators(std::size_t line, char separator, std::size_t other_line, char other_separator) {
  return fmt::format("line {} separates its values by {}, and line {} by {}: use one separator in the whole file", line,
                     name_of_separator(separator), other_line, name_of_separator(other_separator));
}

std::string without_last(char separator) {
  return piped(fmt::format("sed 's/{}[[:space:]]*$//' FILE", separator == '\t' ? "\\t" : std::string(1, separator)));
}

std::string carriage_return_fault(std::string_view line, std::size_t number) {
  if (line.find('\r') == std::string_view::npos) return {};
  return fmt::format("a carriage return alone ends a line at line {}: {}", number,
                     piped(R"(sed 's/\r$//' FILE | tr '\r' '\n')"));
}

std::string fault_of_long_line(std::size_t number) {
  return fmt::format("line {} is longer than {} MiB: end every sample with a newline", number,
                     LineReader::longest_line >> 20U);
}

std::string fault_of_empty_line(std::size_t number) {
  return fmt::format("line {} is empty, and samples follow it: remove empty lines: {}", number,
                     piped("sed '/^[[:space:]]*$/d' FILE"));
}

bool is_written_as_floating_point(std::string_view line, const LineFormat& format) {
  return std::ranges::all_of(cells_of(line, format.separator),
                             [](std::string_view cell) { return cell.find_first_of(".eE") != std::string_view::npos; });
}

std::string warning_of_first_line(std::string_view name, std::size_t number) {
  return fmt::format(
      "{}: line {} is counted as a sample: if it is a header, as pandas writes one for columns without names, {}",
      text::shown_name(name), number, piped(fmt::format("sed {}d FILE", number)));
}

std::string fault_of(std::string_view line, const LineFormat& format, const LinePlace& place) {
  if (std::string returns = carriage_return_fault(line, place.number); !returns.empty()) return returns;
  if (const auto zero = line.find('\0'); zero != std::string_view::npos) {
    return fmt::format("byte {} of line {} is NUL, so the file is binary or damaged: write it again as text", zero + 1,
                       place.number);
  }
  const auto cells = cells_of(line, format.separator);
  if (cells.size() == format.dimensions) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (std::string fault = fault_of_cell(line, i, cells[i], format, place.number); !fault.empty()) return fault;
    }
  }
  const char own = separator_of(line);
  if (own != format.separator && own != '\0') {
    return different_separators(place.number, own, place.first, format.separator);
  }
  if (cells.size() == format.dimensions + 1 && cells.back().empty()) {
    return fmt::format("line {} ends with a separator: {}", place.number, without_last(format.separator));
  }
  return wrong_number_of_values(cells.size(), format, place.number);
}

}  // namespace tool
