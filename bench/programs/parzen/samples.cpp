#include "programs/parzen/samples.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "programs/parzen/cell.hpp"
#include "programs/parzen/csv_line.hpp"
#include "programs/parzen/file_kind.hpp"
#include "programs/parzen/line_fault.hpp"
#include "programs/parzen/line_reader.hpp"
#include "text/shown.hpp"

namespace tool {

namespace {

using Cells = std::vector<std::string_view>;

/// Whether these are 0, 1, 2 and so on, written without a decimal point.
bool counts_from_zero(const Cells& cells) {
  return std::ranges::all_of(
      cells, [next = 0](std::string_view cell) mutable { return without_quotes(cell) == std::to_string(next++); });
}

/// A command that removes the first column of its input.
std::string cut(char separator) { return separator == '\t' ? "cut -f2-" : fmt::format("cut -d'{}' -f2-", separator); }

/// A command that prints only the numeric columns of FILE.
std::string cut_names(char separator, const Cells& cells) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!is_name(cells[i])) columns.push_back(i + 1);
  }
  const std::string fields = fmt::format("-f{}", fmt::join(columns, ","));
  if (separator == '\t') return fmt::format("cut {} FILE", fields);
  if (separator == ' ') return fmt::format("tr -s ' ' < FILE | cut -d' ' {}", fields);
  return fmt::format("cut -d'{}' {} FILE", separator, fields);
}

/// Marks the cells that are names.
std::vector<bool> names_in(const Cells& cells) {
  std::vector<bool> found;
  for (const std::string_view cell : cells) found.push_back(is_name(cell));
  return found;
}

/// Whether it looks like a number, valid or not.
bool is_numeric(std::string_view cell) {
  return std::ranges::any_of(cell, [](char c) { return c >= '0' && c <= '9'; }) && !is_name(cell);
}

constexpr std::string_view on_row_names = "write without them (index=False, row.names = FALSE), or ";

class SampleReader {
 public:
  SampleReader(std::FILE* stream, std::string_view name) : lines_(stream), name_(name) {}

  ReadSamples read() {
    take_lines(false);
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const auto d = static_cast<Eigen::Index>(format_.dimensions);
    return {Eigen::Map<const RowMajor>(values_.data(), std::ssize(values_) / d, d), warning()};
  }

  FirstSample first_sample() {
    take_lines(true);
    const bool like_numbers = !header_ && like_column_numbers_;
    return {format_, lines_.offset(), {lines_.number(), first_line_}, like_numbers};
  }

 private:
  void take_lines(bool only_the_first_sample) {
    require_text();
    try {
      while (const auto line = next_line()) {
        take(*line);
        if (only_the_first_sample && !values_.empty()) return;
      }
    } catch (const std::length_error&) {
      require_line_ends(lines_.rest());
      refuse("{}", fault_of_long_line(lines_.number()));
    }
    if (values_.empty() && header_)
      refuse("line {} is a header, and no sample follows it: add samples below, one per line", header_line_);
    if (values_.empty()) refuse("there are no samples: give one per line, with its values separated by commas");
  }

  template <class... Arguments>
  [[noreturn]] void refuse(fmt::format_string<Arguments...> form, Arguments&&... arguments) const {
    throw std::invalid_argument(
        fmt::format("{}: {}", text::shown_name(name_), fmt::format(form, std::forward<Arguments>(arguments)...)));
  }

  void require_text() {
    constexpr std::size_t enough = 512;
    const auto kind = file_kind(lines_.beginning(enough));
    if (kind) refuse("this is {}: {}", kind->name, kind->command.empty() ? kind->advice : piped(kind->command));
  }

  void require_line_ends(std::string_view line) const {
    if (const std::string fault = carriage_return_fault(line, lines_.number()); !fault.empty()) refuse("{}", fault);
  }

  /// Returns the next line that is neither empty nor a comment, without its line end.
  std::optional<std::string_view> next_line() {
    while (auto line = lines_.next()) {
      if (lines_.number() == 1) line = without_byte_order_mark(*line);
      line = without_line_end(*line);
      const LineKind kind = kind_of(*line);
      if (kind == LineKind::empty) {
        if (empty_line_ == 0) empty_line_ = lines_.number();
      } else if (kind == LineKind::comment) {
        require_line_ends(*line);
      } else if (lines_.number() == 1 && is_separator_line(*line)) {
        continue;
      } else {
        return line;
      }
    }
    return std::nullopt;
  }

  void take(std::string_view line) {
    if (empty_line_ != 0) refuse("{}", fault_of_empty_line(empty_line_));
    if (format_.dimensions == 0) {
      if (!header_ && is_header(line)) {
        header_ = line;
        header_line_ = lines_.number();
        return;
      }
      begin(line);
    }
    if (!append_values(line, format_, values_)) refuse("{}", fault_of(line, format_, {lines_.number(), first_line_}));
    if (like_column_numbers_ && lines_.number() != first_line_) {
      like_column_numbers_ = is_written_as_floating_point(line, format_);
    }
  }

  bool is_header(std::string_view line) {
    require_line_ends(line);
    const char separator = separator_of(line);
    const Cells cells = cells_of(line, separator);
    const auto names = static_cast<std::size_t>(std::ranges::count_if(cells, is_name));
    if (names == cells.size()) return true;
    const auto last_name = std::ranges::find_if(cells.rbegin(), cells.rend(), is_name);
    const auto empty = static_cast<std::size_t>(last_name - cells.rbegin());
    if (names > 0 && names + empty == cells.size() && std::all_of(cells.rbegin(), last_name, is_missing)) {
      refuse_last_separators(separator, empty);
    }
    const bool but_one = names > 0 && names + 1 == cells.size();
    const Cells others(cells.begin() + 1, cells.end());
    if (without_quotes(cells.front()).empty() && (but_one || (!others.empty() && counts_from_zero(others)))) {
      refuse(
          "the first name in line {} is empty, as pandas and R write it above row names, which are not a dimension: "
          "{}{}",
          lines_.number(), on_row_names, piped(fmt::format("sed {}d FILE | {}", lines_.number(), cut(separator))));
    }
    if (names > 0) refuse_names_and_numbers(separator, cells);
    return false;
  }

  [[noreturn]] void refuse_names_and_numbers(char separator, const Cells& cells) {
    const std::size_t number = lines_.number();
    const auto found = std::ranges::find_if(cells, is_name);
    const std::string name = text::quoted(*found);
    const auto column = found - cells.begin() + 1;
    const auto numeric = std::ranges::find_if(cells, [](std::string_view cell) { return is_numeric(cell); });
    if (numeric == cells.end()) {
      const auto other = std::ranges::find_if_not(cells, is_name);
      refuse("value {} of line {} is {}, neither a name nor a number: correct it, or remove the line: {}",
             other - cells.begin() + 1, number, text::quoted(*other), piped(fmt::format("sed {}d FILE", number)));
    }
    const std::string without_labels = cut_names(separator, cells);
    const std::vector<bool> mix = names_in(cells);
    const auto next = next_line();  // invalidates `cells`
    if (next && names_in(cells_of(*next, separator)) == mix) {
      const std::string found_twice = fmt::format("value {} of line {} is {}, a name", column, number, name);
      if (column == 1) refuse_row_names(separator, found_twice);
      refuse("{}, and line {} has one there as well: if the column holds labels, remove it: {}", found_twice,
             lines_.number(), piped(without_labels));
    }
    refuse("line {} holds names as well as numbers, such as {}: correct it, or if it is a header, {}", number, name,
           piped(fmt::format("sed {}d FILE", number)));
  }

  /// Takes the format of all samples from the first one.
  void begin(std::string_view line) {
    const char separator = separator_of(line);
    const Cells cells = cells_of(line, separator);
    const auto quoted = std::ranges::count_if(cells, is_quoted);
    if (header_) check_header(separator, cells);
    if (cells.size() > 1 && cells.back().empty()) refuse_last_value(separator, cells.size());
    const auto thousands = std::ranges::find_if(cells, [](std::string_view cell) {
      return is_quoted(cell) && has_thousands_separators(without_quotes(cell)) && !has_decimal_comma(cell);
    });
    if (thousands != cells.end()) {
      refuse("value {} of line {} is {}: write numbers without thousands separators", thousands - cells.begin() + 1,
             lines_.number(), text::quoted(*thousands));
    }
    if (quoted == 1 && cells.size() > 1 && is_quoted(cells.front())) {
      refuse_row_names(separator, fmt::format("value 1 of line {} is {} in quotes, and the others have none",
                                              lines_.number(), text::quoted(cells.front())));
    }
    first_line_ = lines_.number();
    like_column_numbers_ = !header_ && counts_from_zero(cells);
    format_ = {separator, quoted == std::ssize(cells), cells.size()};
  }

  void check_header(char separator, const Cells& cells) const {
    const std::size_t names = cells_of(*header_, separator).size();
    if (names == cells.size()) return;
    const char other = separator_of(*header_);
    if (other != ' ' && cells_of(*header_, other).size() == cells.size()) {
      refuse("{}", different_separators(lines_.number(), separator, header_line_, other));
    }
    if (names + 1 != cells.size() || names < 2) {
      refuse("line {} has {} value(s), and line {} has {} name(s): give every column a name, or {}", lines_.number(),
             cells.size(), header_line_, names, piped(fmt::format("sed {}d FILE", header_line_)));
    }
    if (cells.back().empty()) refuse_last_separators(separator, 1);
    refuse("line {} has {} values, and line {} has a name less, as R writes row names, which are not a dimension: {}{}",
           lines_.number(), cells.size(), header_line_, on_row_names,
           piped(fmt::format("sed {}d FILE | {}", header_line_, cut(separator))));
  }

  [[noreturn]] void refuse_row_names(char separator, std::string_view found) const {
    refuse("{}: if these are row names, which are not a dimension, {}{}", found, on_row_names,
           piped(cut(separator) + " FILE"));
  }

  [[noreturn]] void refuse_last_separators(char separator, std::size_t count) const {
    if (count == 1) refuse("line {} ends with a separator: {}", lines_.number(), without_last(separator));
    refuse("line {} ends with {} separators: {}", lines_.number(), count,
           piped(fmt::format("sed 's/[{}[:space:]]*$//' FILE", separator == '\t' ? "" : std::string(1, separator))));
  }

  /// The last value of the first sample is empty. Either every line ends with a separator, or this value is missing.
  [[noreturn]] void refuse_last_value(char separator, std::size_t cells) {
    const std::size_t number = lines_.number();
    bool in_all = !header_;
    while (const auto line = in_all ? next_line() : std::nullopt) in_all = cells_of(*line, separator).back().empty();
    if (in_all) {
      refuse("every line ends with a separator, as line {} does: {}", number, without_last(separator));
    }
    refuse("value {} of line {} is '', not a number: {}", cells, number, on_missing);
  }

  /// The warning about a line that may be a header; empty if there is none.
  [[nodiscard]] std::string warning() const {
    const bool alone = values_.size() == format_.dimensions;
    return like_column_numbers_ && !alone ? warning_of_first_line(name_, first_line_) : "";
  }

  LineReader lines_;
  std::string_view name_;
  LineFormat format_;
  std::vector<double> values_;
  std::optional<std::string> header_;
  std::size_t header_line_ = 0;
  std::size_t first_line_ = 0;  // the first sample
  std::size_t empty_line_ = 0;
  bool like_column_numbers_ = false;
};

}  // namespace

FirstSample read_first_sample(std::FILE* stream, std::string_view name) {
  return SampleReader(stream, name).first_sample();
}

ReadSamples read_samples(std::FILE* stream, std::string_view name) { return SampleReader(stream, name).read(); }

}  // namespace tool
