#include "command_line/library_messages.hpp"

#include <fmt/core.h>

#include <iostream>
#include <string_view>
#include <utility>

#include "text/shown.hpp"

namespace command_line {

std::string without_long_arguments(std::string message, std::span<const std::string> arguments) {
  const auto shorten = [&message](std::string_view text) {
    const std::string shown = text::shown(text);
    if (text.empty() || shown == text) return;
    for (auto at = message.find(text); at != std::string::npos; at = message.find(text, at + shown.size())) {
      message.replace(at, text.size(), shown);
    }
  };
  for (const std::string_view argument : arguments) {
    shorten(argument);
    shorten(argument.substr(argument.find('=') + 1));
  }
  return text::escaped(message);
}

LibraryErrors::LibraryErrors(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), before_(std::cerr.rdbuf(this)) {}

LibraryErrors::~LibraryErrors() {
  std::cerr.rdbuf(before_);
  if (!line_.empty()) print();
}

LibraryErrors::int_type LibraryErrors::overflow(int_type c) {
  if (c == '\n') {
    print();
  } else if (c != traits_type::eof()) {
    line_ += traits_type::to_char_type(c);
  }
  return traits_type::not_eof(c);
}

void LibraryErrors::print() {
  fmt::print(stderr, "{}\n", without_long_arguments(std::exchange(line_, {}), arguments_));
}

}  // namespace command_line
