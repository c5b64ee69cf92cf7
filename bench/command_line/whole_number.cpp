#include "command_line/whole_number.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "text/shown.hpp"

namespace command_line {

namespace {

template <class Number>
std::string fault_of(std::string_view text) {
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return fmt::format("{} is not an integer, such as 1000000", text::quoted(text));
  }
  if (digits.starts_with('0') && digits.size() > 1) {
    return fmt::format("{} has a leading zero: remove it", text::quoted(text));
  }
  if (negative && std::is_unsigned_v<Number>) return fmt::format("{} must not be negative", text::quoted(text));
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return fmt::format("{} is too {}", text::quoted(text), negative ? "small" : "large");
  return {};
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  std::size_t begin = 0;
  for (auto end = list.find(','); end != std::string::npos; end = list.find(',', begin)) {
    words.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  words.push_back(list.substr(begin));
  return words;
}

}  // namespace

std::string fault_of_signed(const std::string& text) { return fault_of<std::int64_t>(text); }

std::string fault_of_unsigned(const std::string& text) { return fault_of<std::uint64_t>(text); }

std::string fault_of_positive(const std::string& text) {
  if (std::string fault = fault_of_signed(text); !fault.empty()) return fault;
  return std::stoll(text) < 1 ? fmt::format("{} is less than 1", text::quoted(text)) : "";
}

std::string fault_of_positives(const std::string& list) {
  for (const std::string& word : words_of(list)) {
    if (std::string fault = fault_of_positive(word); !fault.empty()) return fault + ", in a list such as 1000,100000";
  }
  return {};
}

std::vector<std::int64_t> positives(const std::string& list) {
  std::vector<std::int64_t> numbers;
  for (const std::string& word : words_of(list)) numbers.push_back(std::stoll(word));
  return numbers;
}

}  // namespace command_line
