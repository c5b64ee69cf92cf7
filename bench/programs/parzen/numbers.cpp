#include "programs/parzen/numbers.hpp"

#include <fmt/format.h>

#include <iterator>
#include <stdexcept>

#include "parzen/widths.hpp"
#include "text/shown.hpp"

namespace tool {

namespace {

double number_of(std::string_view text, std::string_view option, std::string_view form) {
  const std::string_view number = without_blanks(text);
  const char* const end = number.data() + number.size();
  double value = 0;
  const auto [stop, error] = read_number(number.data(), end, value);
  if (stop != end || error == std::errc::invalid_argument) {
    throw std::invalid_argument(
        fmt::format("{} has {}, which is not a number: give {}", option, text::quoted(text), form));
  }
  if (error == std::errc::result_out_of_range) {
    throw std::invalid_argument(
        fmt::format("{} has {}, which is outside the range of double: give {}", option, text::quoted(text), form));
  }
  return value;
}

}  // namespace

std::from_chars_result read_number(const char* first, const char* last, double& value) {
  if (last - first > 1 && first[0] == '+' && first[1] != '-') ++first;
  return std::from_chars(first, last, value);
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<double> parse_widths(std::string_view text) {
  constexpr std::string_view option = "--widths";
  constexpr std::string_view form =
      "first:last:step, such as 0.1:1.2:0.1, or values separated by commas, such as 0.5,1";
  if (text.find(':') != std::string_view::npos) {
    const auto parts = split(text, ':');
    if (parts.size() != 3) {
      throw std::invalid_argument(fmt::format("{} is {}: give {}", option, text::quoted(text), form));
    }
    return parzen::stepped(number_of(parts[0], option, form), number_of(parts[1], option, form),
                           number_of(parts[2], option, form));
  }
  std::vector<double> widths;
  for (const std::string_view part : split(text, ',')) widths.push_back(number_of(part, option, form));
  return widths;
}

parzen::Query parse_query(std::string_view text) {
  const auto parts = split(text, ',');
  parzen::Query query(static_cast<Eigen::Index>(parts.size()));
  for (std::size_t dimension = 0; dimension < parts.size(); ++dimension) {
    query[static_cast<Eigen::Index>(dimension)] =
        number_of(parts[dimension], "--query", "coordinates separated by commas, such as 0,0.5");
  }
  return query;
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
