#include "tool/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <istream>
#include <iterator>
#include <stdexcept>
#include <variant>

#include "parzen/widths.hpp"

namespace tool {

namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// What keeps a text from being one double, as the end of a sentence.
constexpr std::string_view no_number = "not a number";
constexpr std::string_view out_of_range = "outside the range of double";

/// The number, or one of the two above. Knows no locale, unlike strtod.
std::variant<double, std::string_view> parse_number(std::string_view text) {
  text = without_blanks(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument) return no_number;
  if (error == std::errc::result_out_of_range) return out_of_range;
  return value;
}

double number_of(std::string_view text, std::string_view what) {
  const auto number = parse_number(text);
  if (const auto* fault = std::get_if<std::string_view>(&number)) {
    throw std::invalid_argument(fmt::format("{} holds '{}', which is {}", what, text, *fault));
  }
  return std::get<double>(number);
}

}  // namespace

std::vector<double> parse_widths(std::string_view text) {
  constexpr std::string_view what = "--widths";
  if (text.find(':') != std::string_view::npos) {
    const auto parts = split(text, ':');
    if (parts.size() != 3) {
      throw std::invalid_argument(
          fmt::format("--widths is '{}': give first:last:step, such as 0.1:1.2:0.1, or values with commas", text));
    }
    return parzen::stepped(number_of(parts[0], what), number_of(parts[1], what), number_of(parts[2], what));
  }
  std::vector<double> widths;
  for (const std::string_view part : split(text, ',')) widths.push_back(number_of(part, what));
  return widths;
}

parzen::Query parse_query(std::string_view text) {
  const auto parts = split(text, ',');
  parzen::Query query(static_cast<Eigen::Index>(parts.size()));
  for (std::size_t dimension = 0; dimension < parts.size(); ++dimension) {
    query[static_cast<Eigen::Index>(dimension)] = number_of(parts[dimension], "--query");
  }
  return query;
}

parzen::Samples read_samples(std::istream& stream, std::string_view name) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::vector<double> values;
  std::size_t dimensions = 0;
  std::size_t line_number = 0;
  std::size_t empty_line = 0;
  for (std::string text; std::getline(stream, text);) {
    ++line_number;
    std::string_view line = text;
    if (line_number == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    if (without_blanks(line).empty()) {
      if (empty_line == 0) empty_line = line_number;
      continue;
    }
    if (empty_line != 0) {
      throw std::invalid_argument(
          fmt::format("{}: line {} is empty and samples follow it: a line is a sample", name, empty_line));
    }
    const auto parts = split(line, ',');
    if (dimensions == 0) dimensions = parts.size();
    if (parts.size() != dimensions) {
      throw std::invalid_argument(
          fmt::format("{}: line {} has {} value(s), the lines before it have {}: every sample "
                      "needs the same number of dimensions",
                      name, line_number, parts.size(), dimensions));
    }
    for (std::size_t dimension = 0; dimension < dimensions; ++dimension) {
      const auto number = parse_number(parts[dimension]);
      if (const auto* fault = std::get_if<std::string_view>(&number)) {
        const bool header = line_number == 1 && *fault == no_number;
        throw std::invalid_argument(fmt::format("{}: value {} of line {} is '{}', {}{}", name, dimension + 1,
                                                line_number, parts[dimension], *fault,
                                                header ? " (a header line? remove it)" : ""));
      }
      const double value = std::get<double>(number);
      if (!std::isfinite(value)) {
        throw std::invalid_argument(fmt::format("{}: value {} of line {} is {}: samples must be finite", name,
                                                dimension + 1, line_number, value));
      }
      values.push_back(value);
    }
  }
  if (stream.bad()) throw std::runtime_error(fmt::format("{}: reading failed after line {}", name, line_number));
  if (values.empty()) {
    throw std::invalid_argument(fmt::format("{}: there are no samples: give one a line, its values with commas", name));
  }
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto d = static_cast<Eigen::Index>(dimensions);
  return Eigen::Map<const RowMajor>(values.data(), std::ssize(values) / d, d);
}

std::string format_samples(const parzen::Samples& samples) {
  std::string text;
  for (Eigen::Index sample = 0; sample < samples.rows(); ++sample) {
    for (Eigen::Index dimension = 0; dimension < samples.cols(); ++dimension) {
      fmt::format_to(std::back_inserter(text), "{}{:.17g}", dimension == 0 ? "" : ",", samples(sample, dimension));
    }
    text += '\n';
  }
  return text;
}

}  // namespace tool
